#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <iterator>

#include "documents/json.h"
#include "order/limits.h"
#include "order/number.h"

namespace orderstream::documents {

namespace {

using boost::json::error;
using boost::json::error_code;
namespace limits = order::limits;

/// Builds the value while Boost.JSON's parser walks the text and checks grammar, UTF-8 and depth. Values and keys of
/// everything that is still open wait on two stacks; an array or object takes its own off when it closes, so each is
/// allocated once, in its final size.
class Builder {
  public:
    // What the parser asks of a handler; the text's own size is limit enough.
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    Builder(std::size_t text_bytes, std::size_t bytes_max) : written_bytes_(text_bytes), bytes_max_(bytes_max) {
        values_.reserve(stack_start);
        keys_.reserve(stack_start);
    }

    [[nodiscard]] Json take() { return std::move(values_.back()); }
    /// Why the parser was stopped; empty when it stopped by itself.
    [[nodiscard]] const std::string& objection() const { return objection_; }
    [[nodiscard]] bool too_large() const { return written_bytes_ > bytes_max_; }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t size, error_code& code) {
        const auto first_key = keys_.end() - static_cast<std::ptrdiff_t>(size);
        if (const std::string* twice = find_duplicate({first_key, keys_.end()})) {
            return object_to("the key " + name_of_key(*twice) + " is there twice in the object that ends", code);
        }
        const auto first_value = values_.end() - static_cast<std::ptrdiff_t>(size);
        Json::Object object;
        object.reserve(size);
        std::transform(std::make_move_iterator(first_key), std::make_move_iterator(keys_.end()),
                       std::make_move_iterator(first_value), std::back_inserter(object),
                       [](std::string&& key, Json&& value) { return Json::Member(std::move(key), std::move(value)); });
        keys_.erase(first_key, keys_.end());
        values_.erase(first_value, values_.end());
        values_.emplace_back(std::move(object));
        return true;
    }

    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t size, error_code&) {
        const auto first = values_.end() - static_cast<std::ptrdiff_t>(size);
        Json::Array array(std::make_move_iterator(first), std::make_move_iterator(values_.end()));
        values_.erase(first, values_.end());
        values_.emplace_back(std::move(array));
        return true;
    }

    // A text with escapes comes in parts.
    bool on_key_part(std::string_view part, std::size_t, error_code& code) { return add_part(part, code); }
    bool on_key(std::string_view part, std::size_t, error_code& code) {
        if (!check_part(part, code)) return false;
        keys_.push_back(take_text(part));
        return true;
    }
    bool on_string_part(std::string_view part, std::size_t, error_code& code) { return add_part(part, code); }
    bool on_string(std::string_view part, std::size_t, error_code& code) {
        if (!check_part(part, code)) return false;
        values_.emplace_back(take_text(part));
        return true;
    }

    // The parser also makes an int64 or a double of each number. We take the digits as they stand; parts of a number
    // come only when its text is fed in pieces.
    bool on_number_part(std::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, std::string_view text, error_code& code) { return add_number(text, code); }
    bool on_uint64(std::uint64_t, std::string_view text, error_code& code) { return add_number(text, code); }
    bool on_double(double, std::string_view text, error_code& code) { return add_number(text, code); }

    bool on_bool(bool value, error_code&) {
        values_.emplace_back(value);
        return true;
    }
    bool on_null(error_code&) {
        values_.emplace_back();
        return true;
    }
    bool on_comment_part(std::string_view, error_code&) { return true; }
    bool on_comment(std::string_view, error_code&) { return true; }

  private:
    [[nodiscard]] std::string too_large_words() const {
        return "larger than " + std::to_string(bytes_max_) + " bytes with its numbers written out: passed";
    }

    /// An answer does not repeat a key of a mebibyte.
    static std::string name_of_key(const std::string& key) {
        if (key.size() > named_key_bytes) return "of " + std::to_string(key.size()) + " bytes";
        std::string name;
        append_json_string(name, key);
        return name;
    }

    static constexpr std::size_t named_key_bytes = 100;
    static constexpr std::size_t stack_start = 16;
    static constexpr std::size_t few_keys = 8;

    bool object_to(std::string objection, error_code& code) {
        objection_ = std::move(objection);
        code = error::exception;
        return false;
    }

    bool check_part(std::string_view part, error_code& code) {
        if (part.find('\0') == std::string_view::npos) return true;
        return object_to("U+0000 is not allowed: it stands in the text that ends", code);
    }
    bool add_part(std::string_view part, error_code& code) {
        if (!check_part(part, code)) return false;
        parts_.append(part);
        return true;
    }
    [[nodiscard]] std::string take_text(std::string_view last_part) {
        if (parts_.empty()) return std::string(last_part);
        parts_.append(last_part);
        return std::exchange(parts_, {});
    }

    bool add_number(std::string_view text, error_code& code) {
        const auto number = order::scan_number(text);
        if (!number || !order::is_within_limits(*number)) {
            return object_to("a number has more than " + std::to_string(limits::number_digits) +
                                 " digits or is past 1e±" + std::to_string(limits::number_exponent) + ": it ends",
                             code);
        }
        Json::Number written;
        order::append_written_out(written.text, *number);
        written_bytes_ += written.text.size();
        written_bytes_ -= text.size();
        if (too_large()) return object_to(too_large_words(), code);
        values_.emplace_back(std::move(written));
        return true;
    }

    struct Keys {
        std::vector<std::string>::const_iterator begin, end;
    };
    /// Sorting keeps an object of a hundred thousand keys cheap, whatever the keys (a hash table could be flooded).
    static const std::string* find_duplicate(Keys keys) {
        if (keys.end - keys.begin <= static_cast<std::ptrdiff_t>(few_keys)) {
            for (auto key = keys.begin; key != keys.end; ++key) {
                if (std::find(keys.begin, key, *key) != key) return &*key;
            }
            return nullptr;
        }
        std::vector<const std::string*> sorted;
        sorted.reserve(static_cast<std::size_t>(keys.end - keys.begin));
        for (auto key = keys.begin; key != keys.end; ++key) {
            sorted.push_back(&*key);
        }
        const auto text = [](const std::string* key) -> const std::string& { return *key; };
        std::ranges::sort(sorted, {}, text);
        const auto twice = std::ranges::adjacent_find(sorted, {}, text);
        return twice == sorted.end() ? nullptr : *twice;
    }

    std::vector<Json> values_;
    std::vector<std::string> keys_;
    std::string parts_;
    std::string objection_;
    std::size_t written_bytes_;
    std::size_t bytes_max_;
};

std::string unexpected(char c) {
    constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) return std::string("unexpected '") + c + "'";
    std::string words = "unexpected byte 0x";
    words.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    if (byte >= 0x80) words.append(" (a text must be UTF-8)");
    return words;
}

/// Whether the text ends with an escape of D800 to DBFF; what follows one must be its other half.
bool is_high_surrogate(std::string_view text) {
    constexpr std::size_t escape_bytes = 6;
    if (text.size() < escape_bytes) return false;
    text.remove_prefix(text.size() - escape_bytes);
    return text.starts_with("\\u") && (text[2] == 'd' || text[2] == 'D') &&
           std::string_view("89abAB").find(text[3]) != std::string_view::npos;
}

/// The parser's code in words that end where "at byte n" goes on.
std::string explain(error_code code, std::string_view text, std::size_t offset, int depth) {
    if (code == error::incomplete || offset >= text.size()) return "it ends too early";
    if (code == error::too_deep) return "nested deeper than " + std::to_string(depth) + " levels";
    if (code == error::exponent_overflow) return "a number is past 1e±308: it ends";
    if (code == error::expected_hex_digit) return "\\u without four hexadecimal digits";
    if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate ||
        code == error::expected_utf16_escape) {
        return "half of a surrogate pair";
    }
    if (is_high_surrogate(text.substr(0, offset))) return "half of a surrogate pair";
    return unexpected(text[offset]);
}

JsonError not_json(const std::string& why, std::size_t offset) {
    return {.detail = "not JSON: " + why + " at byte " + std::to_string(offset)};
}

}  // namespace

tl::expected<Json, JsonError> parse_json(std::string_view text, JsonBounds bounds) {
    if (text.size() > bounds.bytes) {
        return tl::unexpected(
            JsonError{.too_large = true, .detail = "larger than " + std::to_string(bounds.bytes) + " bytes"});
    }
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return tl::unexpected(JsonError{.detail = "not JSON: it is empty"});
    }
    if (text.starts_with("\xef\xbb\xbf")) return tl::unexpected(not_json("a byte order mark", 0));

    boost::json::parse_options options;
    options.max_depth = static_cast<std::size_t>(bounds.depth);
    boost::json::basic_parser<Builder> parser(options, text.size(), bounds.bytes);
    error_code code;
    const std::size_t parsed = parser.write_some(false, text.data(), text.size(), code);
    Builder& builder = parser.handler();
    if (!builder.objection().empty()) {
        return tl::unexpected(JsonError{.too_large = builder.too_large(),
                                        .detail = builder.objection() + " at byte " + std::to_string(parsed)});
    }
    if (code) return tl::unexpected(not_json(explain(code, text, parsed, bounds.depth), parsed));
    if (parsed < text.size()) return tl::unexpected(not_json("more text after the value", parsed));
    return builder.take();
}

}  // namespace orderstream::documents
