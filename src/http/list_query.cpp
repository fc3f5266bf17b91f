#include "http/list_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "http/list_cursor.h"
#include "http/target.h"
#include "order/limits.h"

namespace orderstream::http {
namespace {

namespace limits = order::limits;
using ports::SortKey;

constexpr std::array sort_keys{std::pair{std::string_view("created_at"), SortKey::created_at},
                               std::pair{std::string_view("updated_at"), SortKey::updated_at},
                               std::pair{std::string_view("total_amount"), SortKey::total_amount},
                               std::pair{std::string_view("status"), SortKey::status}};

/// "must be one of a, b, c"
template <class Values, class NameOf>
std::string one_of(const Values& values, NameOf name_of) {
    std::string sentence = "must be one of";
    std::string_view separator = " ";
    for (const auto& value : values) {
        sentence.append(separator).append(name_of(value));
        separator = ", ";
    }
    return sentence;
}

constexpr const char* must_be_an_amount = "must be an amount with at most two decimals, like 49.99";
constexpr const char* must_be_a_time =
    "must be a time as RFC 3339 has it, like 2026-01-31T23:59:59Z (a + in it is written %2B)";

/// A whole number that is not negative; what is too large for any use is the largest.
std::optional<std::size_t> parse_count(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    std::size_t count = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), count).ec != std::errc()) return SIZE_MAX;
    return count;
}

std::optional<std::string> parse_text(std::string_view text, std::size_t bytes_max) {
    if (text.empty() || text.size() > bytes_max) return std::nullopt;
    return std::string(text);
}

class ListReader {
  public:
    explicit ListReader(std::string_view text)
        : query_(Query::read(text,
                             {"kind", "customer_id", "status", "email", "currency", "min_amount", "max_amount",
                              "date_from", "date_to", "sort_by", "sort_order", "limit", "offset", "cursor"},
                             complaints_)) {}

    [[nodiscard]] tl::expected<ports::ListQuery, std::string> read() {
        read_filter();
        read_sort();
        read_page();
        if (!complaints_.empty()) return tl::unexpected(join_complaints(complaints_));
        return std::move(list_);
    }

  private:
    void complain(std::string_view name, std::string_view what) {
        complaints_.push_back(std::string(name).append(" ").append(what));
    }

    /// What `parse` makes of the parameter; a complaint where that is nothing.
    template <class Parse>
    auto value(std::string_view name, Parse parse, std::string_view what) -> decltype(parse(std::string_view())) {
        const std::string* text = query_.find(name);
        if (text == nullptr) return std::nullopt;
        auto parsed = parse(*text);
        if (!parsed) complain(name, what);
        return parsed;
    }

    void read_filter() {
        const auto name_of = [](auto value) { return order::to_string(value); };
        ports::OrderFilter& filter = list_.filter;
        filter.kind = value("kind", order::parse_kind, one_of(order::all_kinds, name_of));
        filter.customer_id = value(
            "customer_id", [](std::string_view text) { return parse_text(text, limits::id_bytes); },
            "must have 1 to 200 bytes");
        filter.status = value("status", order::parse_status, one_of(order::all_statuses, name_of));
        filter.email = value(
            "email", [](std::string_view text) { return parse_text(text, limits::email_bytes); },
            "must have 1 to 255 bytes");
        filter.currency = value(
            "currency",
            [](std::string_view text) {
                return order::is_currency(text) ? std::optional(std::string(text)) : std::nullopt;
            },
            "must be three capital letters");
        filter.min_amount = value("min_amount", order::parse_money, must_be_an_amount);
        filter.max_amount = value("max_amount", order::parse_money, must_be_an_amount);
        filter.created_from = value("date_from", order::parse_rfc3339, must_be_a_time);
        filter.created_to = value("date_to", order::parse_rfc3339, must_be_a_time);

        // Typed documents write UUIDs in lower case; a marketplace's customers are called what they are called.
        if (filter.customer_id && filter.kind != order::Kind::marketplace) {
            if (const auto uuid = order::parse_uuid(*filter.customer_id)) filter.customer_id = order::to_string(*uuid);
        }
    }

    void read_sort() {
        const auto key = value(
            "sort_by",
            [](std::string_view text) -> std::optional<SortKey> {
                const auto found = std::ranges::find(sort_keys, text, &std::pair<std::string_view, SortKey>::first);
                return found == sort_keys.end() ? std::nullopt : std::optional(found->second);
            },
            one_of(sort_keys, [](const auto& known) { return known.first; }));
        if (key) list_.sort.key = *key;
        const auto descending = value(
            "sort_order",
            [](std::string_view text) -> std::optional<bool> {
                if (text == "desc") return true;
                if (text == "asc") return false;
                return std::nullopt;
            },
            "must be one of asc, desc");
        if (descending) list_.sort.descending = *descending;
    }

    void read_page() {
        const auto limit = value(
            "limit",
            [](std::string_view text) {
                const auto count = parse_count(text);
                return count == std::size_t{0} ? std::nullopt : count;
            },
            "must be a whole number from 1 on");
        list_.limit = std::min(limit.value_or(limits::list_orders_default), limits::list_orders_max);

        const auto offset = value("offset", parse_count, "must be a whole number from 0 on");
        list_.offset = offset.value_or(0);
        if (list_.offset > limits::list_offset_max) {
            complain("offset", "must be at most " + std::to_string(limits::list_offset_max) +
                                   ": to read on from there, follow next_cursor");
        }
        const std::string* cursor = query_.find("cursor");
        if (cursor == nullptr) return;
        if (query_.find("offset") != nullptr) complain("offset", "and cursor do not go together");
        list_.after = parse_cursor(*cursor, list_.filter, list_.sort);
        if (!list_.after) complain("cursor", "is not one that this filter and sort have given");
    }

    std::vector<std::string> complaints_;
    Query query_;
    ports::ListQuery list_;
};

}  // namespace

tl::expected<ports::ListQuery, std::string> parse_list_query(std::string_view text) { return ListReader(text).read(); }

}  // namespace orderstream::http
