#include "documents/json.h"

#include <algorithm>
#include <functional>

namespace orderstream::documents {

namespace {

/// Writes a value; `Style` says how numbers look and in which order members come.
template <class Style>
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void write(const Json& value) {
        if (const auto* text = value.as_string()) {
            append_json_string(out_, *text);
        } else if (const auto* number = value.as_number()) {
            out_.append(Style::number(*number));
        } else if (const auto* object = value.as_object()) {
            write_object(*object);
        } else if (const auto* array = value.as_array()) {
            write_array(*array);
        } else if (const auto* flag = value.as_bool()) {
            out_.append(*flag ? "true" : "false");
        } else {
            out_.append("null");
        }
    }

  private:
    void write_object(const Json::Object& object) {
        char before = '{';
        Style::for_each_member(object, [&](const Json::Member& member) {
            out_ += std::exchange(before, ',');
            append_json_string(out_, member.first);
            out_ += ':';
            write(member.second);
        });
        out_.append(object.empty() ? "{}" : "}");
    }

    void write_array(const Json::Array& array) {
        char before = '[';
        for (const Json& element : array) {
            out_ += std::exchange(before, ',');
            write(element);
        }
        out_.append(array.empty() ? "[]" : "]");
    }

    std::string& out_;
};

struct AsItIs {
    static std::string_view number(const Json::Number& number) { return number.text; }
    static void for_each_member(const Json::Object& object, const auto& write) {
        for (const Json::Member& member : object) {
            write(member);
        }
    }
};

struct Canonical {
    static std::string_view number(const Json::Number& number) { return without_needless_zeros(number); }
    static void for_each_member(const Json::Object& object, const auto& write) {
        std::vector<std::reference_wrapper<const Json::Member>> members(object.begin(), object.end());
        std::ranges::sort(members, {}, [](const Json::Member& member) -> const std::string& { return member.first; });
        for (const Json::Member& member : members) {
            write(member);
        }
    }
};

constexpr auto needs_escape = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; };

void append_escaped(std::string& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
        case '"': out.append("\\\""); return;
        case '\\': out.append("\\\\"); return;
        case '\b': out.append("\\b"); return;
        case '\f': out.append("\\f"); return;
        case '\n': out.append("\\n"); return;
        case '\r': out.append("\\r"); return;
        case '\t': out.append("\\t"); return;
        default: break;
    }
    out.append("\\u00").append(1, digits[static_cast<unsigned char>(c) >> 4]).append(1, digits[c & 15]);
}

}  // namespace

const Json* Json::find(std::string_view key) const {
    const Object* object = as_object();
    if (object == nullptr) return nullptr;
    const auto found = std::ranges::find(*object, key, &Member::first);
    return found == object->end() ? nullptr : &found->second;
}

Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json* Json::find_given(std::string_view key) const {
    const Json* value = find(key);
    return value != nullptr && value->is_null() ? nullptr : value;
}

std::string render_json(const Json& value) {
    std::string text;
    append_json(text, value);
    return text;
}

void append_json(std::string& out, const Json& value) { Writer<AsItIs>(out).write(value); }

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    auto run = text.begin();
    while (true) {
        const auto special = std::find_if(run, text.end(), needs_escape);
        out.append(run, special);
        if (special == text.end()) break;
        append_escaped(out, *special);
        run = special + 1;
    }
    out += '"';
}

std::string_view without_needless_zeros(const Json::Number& number) {
    std::string_view text = number.text;
    if (text.find('.') == std::string_view::npos) return text;
    text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.remove_suffix(1);
    return text;
}

std::string canonical_json(const Json& value) {
    std::string text;
    Writer<Canonical>(text).write(value);
    return text;
}

}  // namespace orderstream::documents
