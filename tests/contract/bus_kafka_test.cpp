#include <gtest/gtest.h>

#include <thread>

#include "contract/bus_contract.h"
#include "contract/kafka_server.h"
#include "documents/json.h"
#include "kafka/ack_source.h"
#include "kafka/codec.h"
#include "kafka/event_source.h"
#include "kafka/publisher.h"

namespace orderstream::contract {

namespace {

/// Topics of its own on the one broker.
class KafkaBusUnderTest final : public BusUnderTest {
  public:
    KafkaBusUnderTest() : options_(KafkaServer::get().fresh_options()) {
        make_topics(options_);
        source_ = std::make_unique<kafka::KafkaEventSource>(options_, kafka_log());
        publisher_ = std::make_unique<kafka::KafkaPublisher>(options_, kafka_log());
        while (publisher_->state() != ports::BusState::up) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    [[nodiscard]] ports::EventPublisher& publisher() override { return *publisher_; }
    [[nodiscard]] ports::EventSource& source() override { return *source_; }
    [[nodiscard]] ports::AckSource& ear() override { return ear_; }
    [[nodiscard]] ports::AckSource& other_ear() override { return other_ear_; }
    void restart_worker() override {
        source_.reset();
        source_ = std::make_unique<kafka::KafkaEventSource>(options_, kafka_log());
    }

    [[nodiscard]] std::vector<ports::Announcement> announcements() override {
        std::vector<ports::Announcement> heard;
        for (const auto& record : TopicReader(options_, options_.topics.created).read()) {
            heard.push_back(read(record.message));
        }
        return heard;
    }

  private:
    static ports::Announcement read(const kafka::Message& message) {
        ports::Announcement announcement;
        for (const auto& header : message.headers) {
            if (header.name == kafka::event_id_header) announcement.event_id = *order::parse_uuid(header.value);
        }
        const auto order = std::make_shared<order::Order>();
        const auto json = documents::parse_json(message.value);
        order->version = std::stoi(json->find("version")->as_number()->text);
        announcement.order = order;
        return announcement;
    }

    kafka::KafkaOptions options_;
    std::unique_ptr<kafka::KafkaPublisher> publisher_;
    std::unique_ptr<kafka::KafkaEventSource> source_;
    kafka::KafkaAckSource ear_{options_, kafka_log()};
    kafka::KafkaAckSource other_ear_{options_, kafka_log()};
};

INSTANTIATE_TEST_SUITE_P(Kafka, BusContract, testing::Values(BusAdapter{"kafka", std::make_unique<KafkaBusUnderTest>}),
                         [](const auto& adapter) { return adapter.param.name; });

}  // namespace

}  // namespace orderstream::contract
