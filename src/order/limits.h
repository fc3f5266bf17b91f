#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the service, the unit last in the name. Each overflow has a tested answer.
namespace orderstream::order::limits {

using namespace std::chrono_literals;

// One request (REFERENCE, Limits).
inline constexpr std::size_t body_bytes = 1024 * 1024;
inline constexpr std::size_t header_bytes = 16 * 1024;
inline constexpr int json_depth = 64;
inline constexpr int number_digits = 100;
inline constexpr int number_exponent = 308;
inline constexpr std::size_t id_bytes = 200;  // order_uid, external_id, customer_id, Idempotency-Key
inline constexpr std::int64_t amount_cents_max = 999'999'999'999'999'999;  // numeric(20,2) below 1e16, in 64 bits

// Checkout and marketplace documents. Characters are code points.
inline constexpr std::int64_t price_cents_max = 9'999'999'999;  // a price or a total: 99,999,999.99
inline constexpr std::int32_t quantity_max = 2'147'483'647;     // an `int` in every store
inline constexpr std::size_t text_characters_max = 255;         // a name, a street, a city ...
inline constexpr std::size_t email_bytes = 255;
inline constexpr std::size_t metadata_bytes = 64 * 1024;   // as compact text
inline constexpr std::size_t reason_characters_max = 500;  // of a status change

// Listings (REFERENCE, List).
inline constexpr std::size_t list_orders_default = 100;
inline constexpr std::size_t list_orders_max = 1000;
inline constexpr std::size_t list_total_max = 10'000;
inline constexpr std::size_t list_offset_max = 1'000'000;       // past that, a cursor
inline constexpr std::size_t page_bytes_max = 8 * 1024 * 1024;  // of its payloads; then the page ends early
inline constexpr std::size_t listings_waiting_max = 1024;       // 503 past that
inline constexpr std::size_t listing_threads = 2;
inline constexpr auto listing_timeout = 10s;                      // then the store gives one up
inline constexpr std::chrono::milliseconds list_count_time{200};  // for the total, or as long as its page took

// What waits (DESIGN 4): a request takes its places before the store is touched, 503 when there is none.
inline constexpr std::size_t queue_orders_max = 16'384;
inline constexpr std::size_t queue_bytes_max = 64 * 1024 * 1024;
inline constexpr std::size_t waiters_max = 65'536;
inline constexpr std::size_t reads_waiting_max = 65'536;

// One batch of each stage.
inline constexpr std::size_t batch_orders_max = 512;
inline constexpr std::size_t batch_bytes_max = 8 * 1024 * 1024;
// How long a batch grows where it would only stand behind others: with one connection that writes, with several.
inline constexpr auto gathering_max = 5ms;
inline constexpr auto gathering_overlapping_max = 3ms;
inline constexpr std::size_t read_orders_max = 512;
inline constexpr std::size_t lookup_orders_max = 1000;
inline constexpr std::size_t retry_claim_orders_max = 256;
inline constexpr std::size_t notes_read_max = 64;
inline constexpr std::size_t own_notes_max = 65'536;  // remembered while they wait to be published

// What is on its way to a worker inside one process.
inline constexpr std::size_t bus_events_max = 16'384;
inline constexpr std::size_t bus_bytes_max = 64 * 1024 * 1024;

// Kafka (DESIGN 5). A topic's messages: a body with its envelope fits in, and a dead letter with its error.
inline constexpr std::size_t message_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t dead_letter_error_bytes = 4 * 1024;
inline constexpr std::size_t prefetch_bytes = 16 * 1024 * 1024;
inline constexpr std::size_t acks_heard_max = 1024;  // handed on together
inline constexpr auto message_timeout = 300s;        // in the producer: its queue is bounded, so it may wait long
inline constexpr auto send_wait = 5s;
inline constexpr auto letter_wait = 100ms;  // then its partition waits without the worker
inline constexpr auto commit_interval = 500ms;
inline constexpr auto commit_wait = 2s;
inline constexpr auto revocation_wait = 5s;  // for the batches in hand
inline constexpr auto consumer_close_wait = 2s;

// In-process caches; the bytes whatever CACHE_LRU_SIZE says, the orders where nothing says.
inline constexpr std::size_t cache_orders_max = 1'000'000;
inline constexpr std::size_t cache_bytes_max = 256 * 1024 * 1024;

// The cache that instances share (DESIGN 4, Reads). A row is shown this long from the begin of its read.
inline constexpr auto redis_entry_life = 1s;
inline constexpr std::size_t redis_connections = 4;
inline constexpr auto redis_connect_timeout = 200ms;
inline constexpr auto redis_silence_timeout = 200ms;  // then the connection is broken
inline constexpr auto redis_call_timeout = 1s;        // all answers of one pipeline
inline constexpr auto redis_pause_min = 50ms;         // between attempts to connect, doubling
inline constexpr auto redis_pause_max = 1000ms;
inline constexpr auto redis_probe_interval = 1s;
inline constexpr std::size_t redis_keys_max = 64;                 // asked for by one command
inline constexpr std::size_t redis_pipeline_bytes = 1024 * 1024;  // written before answers are awaited
inline constexpr std::size_t redis_stamps_max = 256 * 1024;       // remembered of what was announced lately

// Connections.
inline constexpr std::size_t connections_max = 16'384;
inline constexpr auto request_head_timeout = 10s;
inline constexpr auto request_body_timeout = 30s;
inline constexpr auto idle_connection_timeout = 75s;
inline constexpr auto send_timeout = 30s;
inline constexpr auto linger_timeout = 2s;                    // after an answer that ends the connection
inline constexpr std::size_t linger_bytes = 4 * 1024 * 1024;  // read and dropped meanwhile
inline constexpr std::size_t read_ahead_bytes = 64 * 1024;    // while an answer is awaited
inline constexpr std::size_t output_bytes = 256 * 1024;       // answers to pipelined requests, before they are sent
inline constexpr std::size_t small_body_bytes = 64 * 1024;    // what every connection may send
inline constexpr std::size_t large_bodies_bytes = 256 * 1024 * 1024;  // of all larger bodies on their way together
inline constexpr std::size_t request_id_bytes = 128;

// Waiting (DESIGN 4).
inline constexpr auto queue_wait = 10s;
inline constexpr auto first_lookup_after = 1s;
inline constexpr auto last_lookup_interval = 8s;
inline constexpr auto unknown_fate_wait = 30s;
inline constexpr auto note_idle_wait = 1s;
inline constexpr auto receipt_age = 3600s;
inline constexpr auto retry_lease = 30s;
inline constexpr int conflict_attempts_max = 8;
inline constexpr auto shutdown_reserve =
    10s;  // of SHUTDOWN_TIMEOUT, to end in order when the last waiters were answered

static_assert(batch_orders_max <= queue_orders_max);
static_assert(body_bytes < batch_bytes_max && batch_bytes_max <= queue_bytes_max);
static_assert(queue_orders_max <= waiters_max);
static_assert(2 * body_bytes + dead_letter_error_bytes < message_bytes_max);

}  // namespace orderstream::order::limits
