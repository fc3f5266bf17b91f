#include "redis/redis_cache.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "redis/entry.h"
#include "redis/script.h"

namespace orderstream::redis {

namespace limits = order::limits;

namespace {

/// The name by which EVALSHA knows a script.
std::string sha1_hex(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

std::int64_t to_number(std::string_view digits) {
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// What TIME answers: seconds and microseconds.
std::int64_t read_time(const Reply& reply) {
    if (reply.size() != 2) return 0;
    return to_number(reply.text(0).value_or("0")) * 1'000'000 + to_number(reply.text(1).value_or("0"));
}

/// A new order's first stamp: nothing is older, so there is nothing to announce.
bool is_first(const ports::OrderStamp& stamp) { return stamp.version <= 1 && stamp.processed_version <= 0; }

}  // namespace

// Redis's clock may be set back while a row is shown; then it is shown for less than a life more. Two are remembered.
RedisCache::RedisCache(const Options& options, const telemetry::Log& log)
    : life_(options.life),
      script_hash_(sha1_hex(offer_script)),
      announced_(2 * options.life),
      link_({.address = options.address,
             .greeting = {"SCRIPT", "LOAD", std::string(offer_script)},
             .patience = options.patience},
            log) {}

ports::OrderCache::Lookup RedisCache::get(std::span<const order::OrderId> ids) {
    Lookup lookup{.found = std::vector<order::OrderPtr>(ids.size()), .ticket = {}};
    const bool asked = link_.run([&](Connection& connection) { return look_up(connection, ids, lookup); });
    if (!asked) lookup = {.found = std::vector<order::OrderPtr>(ids.size()), .ticket = {}};
    announced_.hide_older(lookup.found, std::chrono::steady_clock::now());
    const auto missed = static_cast<std::size_t>(std::ranges::count(lookup.found, nullptr));
    hits_ += ids.size() - missed;
    misses_ += missed;
    return lookup;
}

Result<void> RedisCache::look_up(Connection& connection, std::span<const order::OrderId> ids, Lookup& lookup) {
    std::size_t commands = 0;
    for (std::size_t first = 0; first < ids.size(); first += limits::redis_keys_max, ++commands) {
        std::vector<std::string> keys;
        for (const order::OrderId& id : ids.subspan(first, std::min(limits::redis_keys_max, ids.size() - first))) {
            keys.push_back(entry_key(id));
        }
        std::vector<std::string_view> words{"MGET"};
        words.insert(words.end(), keys.begin(), keys.end());
        connection.add(words);
    }
    // Last, so that no row was read after it.
    connection.add({"TIME"});

    std::vector<std::int64_t> read_at(ids.size());
    std::optional<std::string> refused;
    auto answered = connection.run([&](std::size_t command, const Reply& reply) {
        if (reply.is_error()) {
            refused = reply.text();
        } else if (command == commands) {
            lookup.ticket.microseconds = read_time(reply);
        } else {
            const std::size_t first = command * limits::redis_keys_max;
            for (std::size_t i = 0; i < reply.size() && first + i < ids.size(); ++i) {
                const auto value = reply.text(i);
                auto entry = value ? read_entry(ids[first + i], *value) : std::nullopt;
                if (!entry) continue;
                lookup.found[first + i] = std::move(entry->order);
                read_at[first + i] = entry->read_at;
            }
        }
    });
    if (answered && refused) return tl::unexpected("Redis refuses: " + *refused);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::int64_t age = lookup.ticket.microseconds - read_at[i];
        if (age < 0 || age > life_.count()) lookup.found[i] = nullptr;
    }
    return answered;
}

void RedisCache::fill(Ticket ticket, std::span<const order::OrderPtr> orders) {
    if (ticket.microseconds <= 0) return;
    (void)link_.run([&](Connection& connection) -> Result<void> {
        std::vector<Offer> offers;
        std::size_t bytes = 0;
        for (const order::OrderPtr& order : orders) {
            if (order == nullptr) continue;
            offers.push_back({entry_key(order->id),
                              {order->id, order->version, order->processed_version},
                              ticket,
                              write_entry(*order, ticket)});
            bytes += offers.back().value.size();
            if (bytes < limits::redis_pipeline_bytes) continue;
            if (auto made = make(connection, offers); !made) return tl::unexpected(std::move(made.error()));
            bytes = 0;
        }
        if (auto made = make(connection, offers); !made) return tl::unexpected(std::move(made.error()));
        return {};
    });
}

bool RedisCache::advance(std::span<const ports::OrderStamp> stamps) {
    announced_.learn(stamps, std::chrono::steady_clock::now());
    std::vector<Offer> offers;
    for (const ports::OrderStamp& stamp : stamps) {
        if (!is_first(stamp)) offers.push_back({entry_key(stamp.id), stamp, {}, write_announcement(stamp)});
    }
    if (offers.empty()) return true;
    bool heard = false;
    const bool told = link_.run([&](Connection& connection) -> Result<void> {
        const auto made = make(connection, offers);
        if (!made) return tl::unexpected(made.error());
        heard = *made;
        return {};
    });
    return told && heard;
}

Result<bool> RedisCache::make(Connection& connection, std::vector<Offer>& offers) {
    std::vector<std::size_t> unknown;  // to Redis, which has lost the script
    std::string no_room;
    std::optional<std::string> refused;
    const auto hear = [&](std::size_t number, const Reply& reply) {
        if (!reply.is_error()) return;
        if (reply.text().starts_with("NOSCRIPT")) {
            unknown.push_back(number);
        } else if (reply.text().starts_with("OOM")) {
            no_room = reply.text();
        } else {
            refused = reply.text();
        }
    };

    for (const Offer& offer : offers) add(connection, offer, "EVALSHA", script_hash_);
    auto answered = connection.run(hear);
    if (answered && !unknown.empty()) {
        for (const std::size_t number : std::exchange(unknown, {})) {
            add(connection, offers[number], "EVAL", offer_script);
        }
        answered = connection.run(hear);
    }
    if (!offers.empty()) note_complaint(no_room);
    offers.clear();
    if (!answered) return tl::unexpected(std::move(answered.error()));
    if (refused) return tl::unexpected("Redis refuses: " + *refused);
    return no_room.empty() && unknown.empty();
}

void RedisCache::add(Connection& connection, const Offer& offer, std::string_view command,
                     std::string_view script) const {
    const std::string version = std::to_string(offer.stamp.version);
    const std::string processed_version = std::to_string(offer.stamp.processed_version);
    const std::string read = std::to_string(offer.read.microseconds);
    const std::string life = std::to_string(std::chrono::ceil<std::chrono::milliseconds>(life_).count());
    connection.add({command, script, "1", offer.key, version, processed_version, read, offer.value, life});
}

ports::OrderCache::Stats RedisCache::stats() const {
    return {.type = "redis", .size = link_.keys(), .capacity = 0, .hits = hits_, .misses = misses_};
}

std::string RedisCache::trouble() {
    std::string trouble = link_.trouble();
    return trouble.empty() ? complaint() : trouble;
}

void RedisCache::note_complaint(std::string complaint) {
    const std::lock_guard lock(mutex_);
    complaint_ = std::move(complaint);
}

std::string RedisCache::complaint() const {
    const std::lock_guard lock(mutex_);
    return complaint_;
}

}  // namespace orderstream::redis
