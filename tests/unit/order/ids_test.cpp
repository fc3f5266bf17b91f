#include "order/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <thread>
#include <vector>

namespace orderstream::order {
namespace {

using namespace std::chrono_literals;

constexpr const char* some_id = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071";

TEST(ParseUuid, takes_the_form_of_36_characters_in_either_case) {
    for (const auto* text : {some_id, "0193D7A0-7E9B-7C3E-8A1B-2C3D4E5F6071", "0193d7A0-7e9B-7C3e-8a1B-2c3D4e5F6071"}) {
        const auto uuid = parse_uuid(text);
        ASSERT_TRUE(uuid) << text;
        EXPECT_EQ(to_string(*uuid), some_id);
        EXPECT_EQ(parse_order_id(text), OrderId{*uuid});
    }
    EXPECT_EQ(to_string(*parse_uuid("00000000-0000-0000-0000-000000000000")), "00000000-0000-0000-0000-000000000000");
    EXPECT_EQ(to_string(*parse_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff")), "ffffffff-ffff-ffff-ffff-ffffffffffff");
}

TEST(ParseUuid, takes_no_other_form) {
    for (const auto* text : {"", "0", "0193d7a07e9b7c3e8a1b2c3d4e5f6071", "{0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071}",
                             "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f607", "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f60711",
                             "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f607g", "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f60 1",
                             "0193d7a0_7e9b-7c3e-8a1b-2c3d4e5f6071", "0193d7a-07e9b-7c3e-8a1b-2c3d4e5f6071",
                             "urn:uuid:0193d7a0-7e9b-7c3e-8a1b-2c3", "0193d7a0-7e9b-7c3e-8a1b2c3d4e5f6071-",
                             " 193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071", "not-a-uuid-not-a-uuid-not-a-uuid-not",
                             "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f60\xc3\xa9"}) {
        EXPECT_EQ(parse_uuid(text), std::nullopt) << text;
        EXPECT_EQ(parse_order_id(text), std::nullopt) << text;
    }
}

TEST(ParseUuid, takes_no_other_character_anywhere) {
    for (std::size_t i = 0; i < 36; ++i) {
        for (int c = 0; c < 256; ++c) {
            std::string text = some_id;
            text[i] = static_cast<char>(c);
            const bool dash = some_id[i] == '-';
            const bool valid = dash ? c == '-' : std::isxdigit(c) != 0;
            ASSERT_EQ(parse_uuid(text).has_value(), valid) << "character " << c << " at " << i;
        }
    }
}

TEST(Uuid, is_appended_to_what_is_there) {
    std::string out = "id=";
    append_uuid(out, *parse_uuid(some_id));
    EXPECT_EQ(out, std::string("id=") + some_id);
}

TEST(DerivedIds, never_change) {
    // Reckoned once with another implementation (Python's uuid5): stored orders are found by them.
    EXPECT_EQ(to_string(order_id_for_key(Kind::generic, some_id, "key-1")), "2d46dc95-90fd-544d-a7db-323f9ce5e9fe");
    EXPECT_EQ(to_string(order_id_for_order_uid("b563feb7b2b84b6test")), "5b1e4a91-0186-5c85-a533-daa088d252fc");
    EXPECT_EQ(to_string(event_id_for(*parse_order_id(some_id), 3, "order.updated")),
              "94e799d6-0f4b-515f-b990-6dcece723788");
}

TEST(DerivedIds, are_uuids_of_version_5) {
    for (const Uuid& uuid : {order_id_for_key(Kind::generic, "c", "k").uuid, order_id_for_order_uid("x").uuid,
                             event_id_for(OrderId{}, 1, "order.created")}) {
        EXPECT_EQ(uuid.version(), Uuid::version_name_based_sha1);
        EXPECT_EQ(uuid.variant(), Uuid::variant_rfc_4122);
    }
}

TEST(DerivedIds, differ_wherever_any_part_differs) {
    const std::set<OrderId> keys = {
        order_id_for_key(Kind::generic, "ab", "c"),
        order_id_for_key(Kind::generic, "a", "bc"),
        order_id_for_key(Kind::generic, "abc", ""),
        order_id_for_key(Kind::generic, "", "abc"),
        order_id_for_key(Kind::checkout, "ab", "c"),
        order_id_for_key(Kind::generic, "ab", "C"),
        order_id_for_key(Kind::generic, "2", "\nab"),
        order_id_for_order_uid("abc"),
        order_id_for_order_uid("ab"),
    };
    EXPECT_EQ(keys.size(), 9U);

    const OrderId id = *parse_order_id(some_id);
    const std::set<Uuid> events = {event_id_for(id, 1, "order.created"), event_id_for(id, 2, "order.created"),
                                   event_id_for(id, 1, "order.updated"), event_id_for(OrderId{}, 1, "order.created"),
                                   event_id_for(id, 11, "order.created")};
    EXPECT_EQ(events.size(), 5U);
}

TEST(Bucket, is_the_last_byte_modulo_four) {
    OrderId id;
    for (int byte = 0; byte < 256; ++byte) {
        id.uuid.data[15] = static_cast<std::uint8_t>(byte);
        id.uuid.data[0] = static_cast<std::uint8_t>(255 - byte);
        EXPECT_EQ(bucket_of(id), byte % 4);
    }
}

TEST(OrderIdHash, is_the_random_half) {
    OrderId a = *parse_order_id("0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071");
    OrderId b = *parse_order_id("ffffffff-ffff-ffff-8a1b-2c3d4e5f6071");
    EXPECT_EQ(OrderIdHash()(a), OrderIdHash()(b));
    b.uuid.data[15] ^= 1;
    EXPECT_NE(OrderIdHash()(a), OrderIdHash()(b));
}

/// A clock and random numbers that the test sets.
class Uuid7 : public testing::Test {
  protected:
    Time now_{1'700'000'000'123'456us};
    std::uint64_t random_ = 0;
    Uuid7Source source_{[this] { return now_; }, [this] { return random_; }};

    std::string next() { return to_string(source_.next()); }
};

TEST_F(Uuid7, is_made_of_the_millisecond_the_counter_and_random_bits) {
    EXPECT_EQ(next(), "018bcfe5-687b-7000-8000-000000000000");
    random_ = ~std::uint64_t{0};
    EXPECT_EQ(next(), "018bcfe5-687b-7001-bfff-ffffffffffff");
    now_ += 1ms;
    EXPECT_EQ(next(), "018bcfe5-687c-77ff-bfff-ffffffffffff");
}

TEST_F(Uuid7, starts_each_millisecond_at_random_and_counts_within) {
    random_ = std::uint64_t{5} << 53;
    EXPECT_THAT(next(), testing::HasSubstr("687b-7005"));
    now_ += 100us;
    EXPECT_THAT(next(), testing::HasSubstr("687b-7006"));
    now_ += 1ms;
    EXPECT_THAT(next(), testing::HasSubstr("687c-7005"));
}

TEST_F(Uuid7, grows_while_the_clock_goes_back) {
    const std::string before = next();
    now_ -= 1h;
    const std::string after = next();
    EXPECT_LT(before, after);
    EXPECT_THAT(after, testing::HasSubstr("687b-7001"));
}

TEST_F(Uuid7, moves_the_millisecond_when_the_counter_is_full) {
    std::string last = next();
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = next();
        ASSERT_LT(last, id);
        last = id;
    }
    EXPECT_THAT(last, testing::StartsWith("018bcfe5-687d-7"));
}

TEST_F(Uuid7, of_a_clock_before_1970_still_is_one) {
    now_ = Time{-1s};
    EXPECT_EQ(source_.next().data[6] >> 4, 7);
}

TEST(Uuid7Source, carries_version_variant_and_the_time) {
    const auto now = [] {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
    Uuid7Source source;
    const auto before = now();
    const Uuid uuid = source.next();
    const auto after = now();
    EXPECT_EQ(uuid.data[6] >> 4, 7);
    EXPECT_EQ(uuid.variant(), Uuid::variant_rfc_4122);
    std::int64_t milliseconds = 0;
    for (int i = 0; i < 6; ++i) {
        milliseconds = milliseconds * 256 + uuid.data[i];
    }
    EXPECT_GE(milliseconds, before.time_since_epoch().count());
    EXPECT_LE(milliseconds, after.time_since_epoch().count());
}

TEST(Uuid7Source, gives_every_thread_ids_of_its_own_that_grow) {
    constexpr int threads = 4;
    constexpr int ids_each = 5000;
    Uuid7Source source;
    std::vector<std::vector<Uuid>> made(threads);
    {
        std::vector<std::jthread> running;
        for (auto& ids : made) {
            running.emplace_back([&source, &ids] {
                for (int i = 0; i < ids_each; ++i) {
                    ids.push_back(source.next());
                }
            });
        }
    }
    std::set<Uuid> all;
    for (const auto& ids : made) {
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
        all.insert(ids.begin(), ids.end());
    }
    EXPECT_EQ(all.size(), std::size_t{threads} * ids_each);
}

TEST_F(Uuid7, of_a_new_order_has_the_bucket_of_its_64_milliseconds) {
    for (random_ = 0; random_ < 4; ++random_) {
        for (auto time = 1024ms; time < 2048ms; ++time) {
            now_ = Time{time};
            Uuid7Source source{[&] { return now_; }, [&] { return random_; }};
            ASSERT_EQ(bucket_of(new_order_id(source)), time / 64ms % 4) << time.count();
        }
    }
}

TEST_F(Uuid7, of_a_new_order_is_one_like_all_others) {
    random_ = ~std::uint64_t{0};
    EXPECT_EQ(to_string(new_order_id(source_)), "018bcfe5-687b-77ff-bfff-fffffffffffd");
    EXPECT_EQ(to_string(new_order_id(source_)), "018bcfe5-687b-7800-bfff-fffffffffffd");
}

}  // namespace
}  // namespace orderstream::order
