#include <gtest/gtest.h>

#include <string>

#include "kafka/producer.h"

namespace orderstream::kafka {
namespace {

/// As Java's DefaultPartitioner does it: the hash without its sign, modulo.
std::int32_t javas_partition(std::int32_t murmur2, std::int32_t partitions) {
    return (murmur2 & 0x7fffffff) % partitions;
}

// Apache Kafka, UtilsTest.testMurmur2.
TEST(Partition, a_key_goes_where_javas_partitioner_puts_it) {
    const std::pair<std::string, std::int32_t> known[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (const auto& [key, hash] : known) {
        for (const std::int32_t partitions : {1, 4, 8, 12, 1000}) {
            EXPECT_EQ(partition_of(key, partitions), javas_partition(hash, partitions)) << key << " of " << partitions;
        }
    }
}

}  // namespace
}  // namespace orderstream::kafka
