#include "documents/shown_order.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "documents/checkout.h"
#include "documents/generic.h"

namespace orderstream::documents {

namespace {

using std::string_view_literals::operator""sv;

/// What the row says of every kind; a document's own members of these names are not shown beside them.
constexpr std::array shared_names{"id"sv,           "kind"sv,     "customer_id"sv, "external_id"sv,    "status"sv,
                                  "total_amount"sv, "currency"sv, "version"sv,     "failure_reason"sv, "created_at"sv,
                                  "updated_at"sv};

std::string_view document_of(const order::Order& row) {
    return row.payload ? std::string_view(*row.payload) : std::string_view("null");
}

/// The members of a stored object's text one after the other, as they are written: nothing is unescaped or built.
class Members {
  public:
    explicit Members(std::string_view object) : rest_(object) {
        skip_space();
        if (!skip('{')) rest_ = {};
    }

    /// False at the end.
    bool next() {
        skip_space();
        if (skip(',')) skip_space();
        if (rest_.empty() || rest_.front() == '}') return false;
        const std::string_view begin = rest_;
        skip_value();
        name_ = taken_since(begin);
        skip_space();
        if (!skip(':')) return false;
        skip_space();
        const std::string_view value = rest_;
        skip_value();
        value_ = taken_since(value);
        return true;
    }
    [[nodiscard]] std::string_view name() const { return name_; }  ///< with its quotes
    [[nodiscard]] std::string_view value() const { return value_; }

  private:
    [[nodiscard]] std::string_view taken_since(std::string_view begin) const {
        return begin.substr(0, begin.size() - rest_.size());
    }
    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    bool skip(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void skip_string() {
        rest_.remove_prefix(1);
        while (!rest_.empty() && rest_.front() != '"') {
            rest_.remove_prefix(rest_.front() == '\\' ? std::min<std::size_t>(2, rest_.size()) : 1);
        }
        skip('"');
    }
    /// To what ends it: its last bracket or quote, or the comma or bracket after it.
    void skip_value() {
        int depth = 0;
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
            if (c == '"') {
                skip_string();
            } else {
                if (c == '{' || c == '[') ++depth;
                if (c == '}' || c == ']') --depth;
                rest_.remove_prefix(1);
            }
            if (depth == 0 && (c == '"' || c == '}' || c == ']')) return;
        }
    }

    std::string_view rest_;
    std::string_view name_;
    std::string_view value_;
};

bool is_shared(std::string_view quoted_name) {
    return std::ranges::any_of(shared_names, [quoted_name](std::string_view name) {
        return quoted_name.size() == name.size() + 2 && quoted_name.substr(1, name.size()) == name;
    });
}

void append_text_or_null(std::string& out, std::string_view text) {
    if (text.empty()) {
        out.append("null");
    } else {
        append_json_string(out, text);
    }
}

void append_int(std::string& out, int value) {
    char text[12];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// `{"id": ... "updated_at": ...`, still open.
void append_shared_fields(std::string& out, const order::Order& row) {
    out.append(R"({"id":")");
    order::append_uuid(out, row.id.uuid);
    out.append(R"(","kind":")").append(order::to_string(row.kind));
    out.append(R"(","customer_id":)");
    append_json_string(out, row.customer_id);
    out.append(R"(,"external_id":)");
    append_text_or_null(out, row.external_id);
    out.append(R"(,"status":")").append(order::to_string(row.status));
    out.append(R"(","total_amount":)");
    order::append_money(out, row.total_amount);
    out.append(R"(,"currency":)");
    append_json_string(out, row.currency);
    out.append(R"(,"version":)");
    append_int(out, row.version);
    if (!row.failure_reason.empty()) {
        out.append(R"(,"failure_reason":)");
        append_json_string(out, row.failure_reason);
    }
    out.append(R"(,"created_at":")");
    order::append_rfc3339(out, row.created_at);
    out.append(R"(","updated_at":")");
    order::append_rfc3339(out, row.updated_at);
    out += '"';
}

}  // namespace

bool looks_like(order::Kind kind, const Json& body) {
    const auto has = [&body](std::string_view name) { return body.find_given(name) != nullptr; };
    switch (kind) {
        case order::Kind::generic: return has("user_id") || has("payload") || has("payload_json");
        case order::Kind::marketplace: return has("order_uid");
        case order::Kind::checkout: return !has("order_uid") && (has("customer_id") || has("items"));
    }
    return false;
}

void append_shown_order(std::string& out, const order::Order& row) {
    switch (row.kind) {
        case order::Kind::generic: append_generic_order(out, row); return;
        case order::Kind::marketplace: out.append(document_of(row)); return;
        case order::Kind::checkout:
            out.append(R"({"order":)");
            append_checkout_order(out, row);
            out += '}';
            return;
    }
}

void append_list_item(std::string& out, const order::Order& row) {
    constexpr std::size_t shared_bytes = 384;
    const std::string_view document = document_of(row);
    out.reserve(out.size() + shared_bytes + document.size());
    append_shared_fields(out, row);
    if (row.kind == order::Kind::generic) {
        out.append(R"(,"payload":)").append(document);
    } else {
        for (Members members(document); members.next();) {
            if (is_shared(members.name())) continue;
            out.append(1, ',').append(members.name()).append(1, ':').append(members.value());
        }
    }
    out += '}';
}

}  // namespace orderstream::documents
