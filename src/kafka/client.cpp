#include "kafka/client.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "order/limits.h"

namespace orderstream::kafka {
namespace {

telemetry::Level level_of(int syslog_level) {
    constexpr int syslog_error = 3;
    constexpr int syslog_warning = 4;
    constexpr int syslog_info = 6;
    if (syslog_level <= syslog_error) return telemetry::Level::error;
    if (syslog_level == syslog_warning) return telemetry::Level::warn;
    if (syslog_level <= syslog_info) return telemetry::Level::info;
    return telemetry::Level::debug;
}

}  // namespace

Settings::Settings(const KafkaOptions& options) : options_(options), conf_(rd_kafka_conf_new()) {
    for (const auto& [name, value] : options.properties) {
        std::array<char, 512> error{};
        // check_properties() has refused what cannot be set; names are dotted but for one, `log_level`.
        if (rd_kafka_conf_set(conf_.get(), name.c_str(), value.c_str(), error.data(), error.size()) !=
                RD_KAFKA_CONF_OK &&
            name == "log.level") {
            set("log_level", value);
        }
    }
    set("bootstrap.servers", options.brokers);
    set("allow.auto.create.topics", "false");
    set("message.max.bytes", std::to_string(order::limits::message_bytes_max));
    set_default("client.id", "orderstream");
    set_default("topic.metadata.refresh.interval.ms", "5000");  // how long a grown topic may go unnoticed
    set_default("reconnect.backoff.ms", "50");
    set_default("reconnect.backoff.max.ms", "1000");
    set_default("socket.connection.setup.timeout.ms", "5000");
    set_default("socket.keepalive.enable", "true");
    set_default("socket.nagle.disable", "true");
    set_default("log.connection.close", "false");
}

Settings& Settings::set(const char* name, const std::string& value) {
    std::array<char, 512> error{};
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), error.data(), error.size()) != RD_KAFKA_CONF_OK) {
        throw std::logic_error(error.data());
    }
    return *this;
}

Settings& Settings::set_default(const char* name, const std::string& value) {
    return options_.properties.contains(name) ? *this : set(name, value);
}

Client::Client(rd_kafka_type_t type, Settings settings, const telemetry::Log& log, Hooks hooks)
    : context_(std::make_unique<Context>(log.with({{"part", "librdkafka"}}), std::move(hooks))) {
    rd_kafka_conf_t* const conf = settings.get();
    rd_kafka_conf_set_opaque(conf, context_.get());
    rd_kafka_conf_set_log_cb(conf, log_line);
    if (context_->hooks.on_rebalance) rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    if (context_->hooks.on_commit) rd_kafka_conf_set_offset_commit_cb(conf, committed);
    if (context_->hooks.on_report) rd_kafka_conf_set_dr_msg_cb(conf, reported);
    if (context_->hooks.on_error) rd_kafka_conf_set_error_cb(conf, failed);
    std::array<char, 512> error{};
    handle_.reset(rd_kafka_new(type, conf, error.data(), error.size()));
    if (handle_ == nullptr) throw std::runtime_error(std::string("no Kafka client: ") + error.data());
    settings.release();
}

void Client::log_line(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    const telemetry::Log& log = static_cast<Context*>(rd_kafka_opaque(client))->log;
    // That a consumer does not heed a producer's property is as it must be: all clients get what the user sets.
    const bool matters = std::string_view(facility) != "CONFWARN";
    log.write(matters ? level_of(level) : telemetry::Level::debug, text, {{"facility", facility}});
}

void Client::rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions,
                       void* context) {
    static_cast<Context*>(context)->hooks.on_rebalance(code, partitions);
}

void Client::committed(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* offsets, void* context) {
    static_cast<Context*>(context)->hooks.on_commit(code, offsets);
}

void Client::reported(rd_kafka_t*, const rd_kafka_message_t* message, void* context) {
    static_cast<Context*>(context)->hooks.on_report(*message);
}

void Client::failed(rd_kafka_t*, int, const char* why, void* context) {
    static_cast<Context*>(context)->hooks.on_error(why);
}

std::string_view value_of(const rd_kafka_message_t& message) {
    if (message.payload == nullptr) return {};
    return {static_cast<const char*>(message.payload), message.len};
}

std::string header_of(const rd_kafka_message_t& message, std::string_view name) {
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    const bool found =
        rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_header_get_last(headers, std::string(name).c_str(), &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
    return found && value != nullptr ? std::string(static_cast<const char*>(value), size) : std::string();
}

Message copy_of(const rd_kafka_message_t& message) {
    Message copy;
    if (message.key != nullptr) copy.key.assign(static_cast<const char*>(message.key), message.key_len);
    copy.value = value_of(message);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return copy;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        copy.headers.push_back(
            {name, value == nullptr ? std::string() : std::string(static_cast<const char*>(value), size)});
    }
    return copy;
}

}  // namespace orderstream::kafka
