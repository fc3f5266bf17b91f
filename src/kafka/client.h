#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kafka/message.h"
#include "kafka/options.h"
#include "telemetry/log.h"

/// librdkafka's C API in a little C++. Its own C++ API has no administration, no headers in batches and no yielding,
/// and throws from callbacks through C; so the C one is used, and nothing of ours throws in a callback.
namespace orderstream::kafka {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* handle) const {
        release(handle);
    }
};
template <class T, auto release>
using Handle = std::unique_ptr<T, Release<release>>;

using QueueHandle = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using EventHandle = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using TopicHandle = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using MessageHandle = Handle<rd_kafka_message_t, rd_kafka_message_destroy>;
using PartitionsHandle = Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using MetadataHandle = Handle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using ErrorHandle = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;

/// The settings of one client: ours, the user's on top, then what correctness depends on.
class Settings {
  public:
    explicit Settings(const KafkaOptions& options);

    /// Ours, and known to librdkafka: throws otherwise.
    Settings& set(const char* name, const std::string& value);
    /// The user's may go before.
    Settings& set_default(const char* name, const std::string& value);

    [[nodiscard]] rd_kafka_conf_t* get() const { return conf_.get(); }
    /// Now it is a client's.
    void release() { (void)conf_.release(); }

  private:
    const KafkaOptions& options_;
    Handle<rd_kafka_conf_t, rd_kafka_conf_destroy> conf_;
};

/// One client of librdkafka: its threads and its connections. What the library logs goes to our log, which must outlive
/// it. Rebalances are served within rd_kafka_consumer_poll() and rd_kafka_consumer_close(), a producer's hooks within
/// rd_kafka_poll() and rd_kafka_flush().
class Client {
  public:
    struct Hooks {
        std::function<void(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*)> on_rebalance = {};
        std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t*)> on_commit = {};
        std::function<void(const rd_kafka_message_t&)> on_report = {};
        std::function<void(std::string_view why)> on_error = {};
    };

    Client(rd_kafka_type_t type, Settings settings, const telemetry::Log& log, Hooks hooks);
    Client(rd_kafka_type_t type, Settings settings, const telemetry::Log& log)
        : Client(type, std::move(settings), log, Hooks{}) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] rd_kafka_t* get() const { return handle_.get(); }

  private:
    struct Context {
        telemetry::Log log;
        Hooks hooks;
    };
    static void log_line(const rd_kafka_t* client, int level, const char* facility, const char* text);
    static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                          void* context);
    static void committed(rd_kafka_t* client, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets,
                          void* context);
    static void reported(rd_kafka_t* client, const rd_kafka_message_t* message, void* context);
    static void failed(rd_kafka_t* client, int code, const char* why, void* context);

    /// A member of a group has left it already, in bounded time, or could not.
    static void destroy(rd_kafka_t* client) { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

    std::unique_ptr<Context> context_;
    Handle<rd_kafka_t, destroy> handle_;
};

[[nodiscard]] std::string_view value_of(const rd_kafka_message_t& message);
/// A message's header, the last of that name; empty when it has none.
[[nodiscard]] std::string header_of(const rd_kafka_message_t& message, std::string_view name);
/// All of it, to be written again.
[[nodiscard]] Message copy_of(const rd_kafka_message_t& message);

}  // namespace orderstream::kafka
