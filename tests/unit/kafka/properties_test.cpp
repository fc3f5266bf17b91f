#include "kafka/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace orderstream::kafka {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Properties, librdkafkas_own_are_taken) {
    EXPECT_THAT(check_properties({{"security.protocol", "sasl_ssl"},
                                  {"sasl.mechanisms", "SCRAM-SHA-512"},
                                  {"sasl.password", "secret"},
                                  {"linger.ms", "1"},
                                  {"compression.codec", "lz4"},
                                  {"session.timeout.ms", "30000"},
                                  {"message.timeout.ms", "1000"},
                                  {"log.level", "7"}}),
                IsEmpty());
}

TEST(Properties, what_librdkafka_does_not_know_is_named) {
    const auto problems = check_properties({{"no.such.thing", "1"}, {"linger.ms", "0"}});
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_EQ(problems[0].name, "no.such.thing");
    EXPECT_EQ(problems[0].detail, "is no property of librdkafka");
}

TEST(Properties, a_bad_value_is_not_repeated) {
    const auto problems = check_properties({{"security.protocol", "hunter2"}});
    ASSERT_THAT(problems, SizeIs(1));
    EXPECT_EQ(problems[0].name, "security.protocol");
    EXPECT_THAT(problems[0].detail, testing::Not(HasSubstr("hunter2")));
}

TEST(Properties, what_correctness_depends_on_may_not_be_set) {
    for (const char* name : {"acks", "request.required.acks", "enable.idempotence", "group.id", "enable.auto.commit",
                             "enable.auto.offset.store", "max.in.flight", "max.in.flight.requests.per.connection",
                             "auto.offset.reset", "partition.assignment.strategy", "bootstrap.servers",
                             "metadata.broker.list", "partitioner", "message.max.bytes", "group.instance.id"}) {
        const auto problems = check_properties({{name, "1"}});
        ASSERT_THAT(problems, SizeIs(1)) << name;
        EXPECT_EQ(problems[0].name, name);
        EXPECT_THAT(problems[0].detail, HasSubstr("may not be set: "));
    }
}

}  // namespace
}  // namespace orderstream::kafka
