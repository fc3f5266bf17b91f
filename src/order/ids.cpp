#include "order/ids.h"

#include <boost/uuid/name_generator_sha1.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace orderstream::order {

namespace {

constexpr std::size_t text_size = 36;

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// A namespace of our own for each use (RFC 9562, 6.5), so that a key that reads like an order_uid is not one.
// These never change: stored orders were named with them.
constexpr Uuid key_namespace{
    {0xc3, 0xe5, 0x85, 0xe5, 0x23, 0x37, 0x46, 0x3e, 0x91, 0x32, 0x15, 0x41, 0x40, 0xe8, 0x17, 0x55}};
constexpr Uuid order_uid_namespace{
    {0x7a, 0xc2, 0x95, 0x31, 0x70, 0x0c, 0x4a, 0xf7, 0x93, 0xad, 0xcd, 0xe6, 0x85, 0xd8, 0x51, 0xc7}};
constexpr Uuid event_namespace{
    {0x93, 0xe7, 0xcc, 0x73, 0x87, 0xdd, 0x44, 0x66, 0xa0, 0x43, 0x6b, 0xd0, 0x11, 0x77, 0x6d, 0x74}};

Uuid name_uuid(const Uuid& name_space, const std::string& name) {
    return boost::uuids::name_generator_sha1(name_space)(name);
}

Time system_now() { return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now()); }

// The system's generator is a system call; each thread fetches for many ids at once.
std::uint64_t system_random() {
    thread_local std::array<std::uint64_t, 64> bits;
    thread_local std::size_t left = 0;
    if (left == 0) {
        arc4random_buf(bits.data(), sizeof bits);
        left = bits.size();
    }
    return bits[--left];
}

void put_big_endian(std::uint8_t* out, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) {
        out[i] = static_cast<std::uint8_t>(value);
        value >>= 8;
    }
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != text_size) return std::nullopt;
    Uuid uuid{};
    std::size_t byte = 0;
    for (std::size_t i = 0; i < text_size;) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            ++i;
            continue;
        }
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        uuid.data[byte++] = static_cast<std::uint8_t>(high * 16 + low);
        i += 2;
    }
    return uuid;
}

std::optional<OrderId> parse_order_id(std::string_view text) {
    const auto uuid = parse_uuid(text);
    if (!uuid) return std::nullopt;
    return OrderId{*uuid};
}

std::string to_string(const Uuid& uuid) {
    std::string text;
    append_uuid(text, uuid);
    return text;
}

std::string to_string(const OrderId& id) { return to_string(id.uuid); }

void append_uuid(std::string& out, const Uuid& uuid) {
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, text_size> text;
    std::size_t at = 0;
    for (const std::uint8_t byte : uuid) {
        if (is_dash_position(at)) text[at++] = '-';
        text[at++] = digits[byte >> 4];
        text[at++] = digits[byte & 15];
    }
    out.append(text.data(), text.size());
}

Uuid7Source::Uuid7Source() : Uuid7Source(system_now, system_random) {}

Uuid7Source::Uuid7Source(Now now, Random random) : now_(std::move(now)), random_(std::move(random)) {}

Uuid Uuid7Source::next() {
    const std::uint64_t random = random_();
    const std::uint64_t tick = next_tick(random >> 53);
    Uuid uuid{};
    put_big_endian(uuid.data, tick >> 12, 6);
    put_big_endian(uuid.data + 6, 0x7000 | (tick & 0xfff), 2);                                             // version 7
    put_big_endian(uuid.data + 8, (std::uint64_t{2} << 62) | (random_() & ~(std::uint64_t{3} << 62)), 8);  // variant 10
    return uuid;
}

// Eleven random bits seed the twelve of the counter, which leaves room to count in.
std::uint64_t Uuid7Source::next_tick(std::uint64_t random) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(now_()).time_since_epoch().count();
    const std::uint64_t millisecond = static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0)) << 12;
    std::uint64_t last = tick_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        next = millisecond > (last | 0xfff) ? millisecond | random : last + 1;
    } while (!tick_.compare_exchange_weak(last, next, std::memory_order_relaxed));
    return next;
}

int bucket_of(const OrderId& id) { return id.uuid.data[15] % 4; }

OrderId new_order_id(Uuid7Source& source) {
    Uuid uuid = source.next();
    const int bucket = uuid.data[5] / 64;  // the milliseconds' last byte
    uuid.data[15] = static_cast<std::uint8_t>(uuid.data[15] / 4 * 4 + bucket);
    return {uuid};
}

OrderId order_id_for_key(Kind kind, std::string_view customer_id, std::string_view idempotency_key) {
    // The customer's length keeps ("ab", "c") and ("a", "bc") apart.
    std::string name;
    name.append(to_string(kind)).append("\n").append(std::to_string(customer_id.size())).append("\n");
    name.append(customer_id).append(idempotency_key);
    return {name_uuid(key_namespace, name)};
}

OrderId order_id_for_order_uid(std::string_view order_uid) {
    return {name_uuid(order_uid_namespace, std::string(order_uid))};
}

Uuid event_id_for(const OrderId& id, int version, std::string_view event_type) {
    // Every event has one, so the name is short: with its namespace it fits into a single block of SHA-1.
    std::string name(id.uuid.begin(), id.uuid.end());
    name.append(std::to_string(version)).append("\n").append(event_type);
    return name_uuid(event_namespace, name);
}

std::size_t OrderIdHash::operator()(const OrderId& id) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, id.uuid.data + 8, sizeof hash);
    return hash;
}

}  // namespace orderstream::order
