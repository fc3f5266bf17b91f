#include "redis/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <memory>

namespace orderstream::redis {
namespace {

// To be raised with every change of what follows the head: program versions then miss each other's entries.
constexpr int announcement_format = 0;
constexpr int order_format = 1;

/// Numbers are big-endian, texts have their length in front.
class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void number(std::uint64_t value, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out_.push_back(static_cast<char>(value >> shift));
    }
    void integer(std::int64_t value) { number(static_cast<std::uint64_t>(value), 8); }
    void text(std::string_view text) {
        number(text.size(), 4);
        out_.append(text);
    }

  private:
    std::string& out_;
};

/// Reads what a Writer wrote; past the end everything is empty, and good() is false from then on.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number(std::size_t bytes) {
        std::uint64_t value = 0;
        for (const char byte : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(byte);
        return value;
    }
    std::int64_t integer() { return static_cast<std::int64_t>(number(8)); }
    std::string_view text() { return take(number(4)); }
    /// Whether everything was there, and nothing else.
    [[nodiscard]] bool good_to_the_end() const { return good_ && rest_.empty(); }

    std::string_view take(std::size_t bytes) {
        good_ = good_ && bytes <= rest_.size();
        if (!good_) return {};
        const std::string_view taken = rest_.substr(0, bytes);
        rest_.remove_prefix(bytes);
        return taken;
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

template <std::integral Number>
std::optional<Number> take_number(std::string_view& text, char end) {
    Number number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto used = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc() || used == text.size() || *stop != end) return std::nullopt;
    text.remove_prefix(used + 1);
    return number;
}

std::string_view bytes_of(const order::Uuid& uuid) { return {reinterpret_cast<const char*>(uuid.data), uuid.size()}; }

order::Time time_of(std::int64_t microseconds) { return order::Time(std::chrono::microseconds(microseconds)); }

}  // namespace

std::string entry_key(const order::OrderId& id) {
    std::string key = "order:";
    order::append_uuid(key, id.uuid);
    return key;
}

std::string write_announcement(const ports::OrderStamp& stamp) {
    return fmt::format("{} {} 0 {}\n", stamp.version, stamp.processed_version, announcement_format);
}

std::string write_entry(const order::Order& order, ports::OrderCache::Ticket read) {
    std::string value =
        fmt::format("{} {} {} {}\n", order.version, order.processed_version, read.microseconds, order_format);
    Writer out(value);
    value.append(bytes_of(order.id.uuid));
    out.text(order::to_string(order.kind));
    out.text(order.customer_id);
    out.text(order.external_id);
    out.text(order.email);
    out.text(order::to_string(order.status));
    out.text(order.currency);
    out.integer(order.total_amount.cents());
    out.integer(order.announced_version);
    out.text(order.create_hash
                 ? std::string_view(reinterpret_cast<const char*>(order.create_hash->data()), order.create_hash->size())
                 : std::string_view());
    out.text(order.failure_reason);
    out.integer(order.created_at.time_since_epoch().count());
    out.integer(order.updated_at.time_since_epoch().count());
    out.number(order.payload != nullptr ? 1 : 0, 1);
    if (order.payload != nullptr) out.text(*order.payload);
    return value;
}

std::optional<Entry> read_entry(const order::OrderId& id, std::string_view value) {
    const auto version = take_number<int>(value, ' ');
    if (!version) return std::nullopt;
    const auto processed_version = take_number<int>(value, ' ');
    if (!processed_version) return std::nullopt;
    const auto read_at = take_number<std::int64_t>(value, ' ');
    if (!read_at) return std::nullopt;
    if (take_number<int>(value, '\n') != order_format) return std::nullopt;

    Reader in(value);
    const auto order = std::make_shared<order::Order>();
    order->id = id;
    order->version = *version;
    order->processed_version = *processed_version;
    if (in.take(id.uuid.size()) != bytes_of(id.uuid)) return std::nullopt;
    const auto kind = order::parse_kind(in.text());
    order->customer_id = in.text();
    order->external_id = in.text();
    order->email = in.text();
    const auto status = order::parse_status(in.text());
    order->currency = in.text();
    order->total_amount = order::Money::of_cents(in.integer());
    order->announced_version = static_cast<int>(in.integer());
    const std::string_view hash = in.text();
    order->failure_reason = in.text();
    order->created_at = time_of(in.integer());
    order->updated_at = time_of(in.integer());
    if (in.number(1) == 1) order->payload = std::make_shared<const std::string>(in.text());
    if (!in.good_to_the_end() || !kind || !status) return std::nullopt;
    order->kind = *kind;
    order->status = *status;
    if (hash.size() == order::Sha256{}.size()) std::ranges::copy(hash, order->create_hash.emplace().begin());
    return Entry{order, *read_at};
}

}  // namespace orderstream::redis
