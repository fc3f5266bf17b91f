#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "documents/generic.h"
#include "order/limits.h"

namespace orderstream::documents {
namespace {

using order::Status;
using order::Verb;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* user = "5f0c1b7a-2f1e-4b6a-9d3c-0a1b2c3d4e5f";
constexpr const char* id = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6071";
constexpr const char* other_id = "0193d7a0-7e9b-7c3e-8a1b-2c3d4e5f6072";

MATCHER_P(At, pointer, "") { return arg.pointer == pointer; }
MATCHER_P2(IsProblem, pointer, detail, "") {
    *result_listener << arg.pointer << ": " << arg.detail;
    return arg.pointer == pointer && testing::Value(arg.detail, testing::HasSubstr(detail));
}

/// {"user_id": ..., members}
std::string with_user(const std::string& members) {
    return std::string(R"({"user_id":")") + user + "\"" + (members.empty() ? "" : ",") + members + "}";
}

std::string quoted(const std::string& name, const std::string& value) { return "\"" + name + "\":\"" + value + "\""; }

GenericRequest accepted(const std::string& body, bool want_canonical = false) {
    auto request = parse_generic_request(body, want_canonical);
    EXPECT_TRUE(request) << body << ": " << request.error().detail;
    return request ? std::move(*request) : GenericRequest{};
}

Invalid refused(const std::string& body) {
    auto request = parse_generic_request(body, false);
    EXPECT_FALSE(request) << body;
    return request ? Invalid{} : request.error();
}

std::string payload_of(const std::string& body) {
    const GenericRequest request = accepted(body);
    return request.document.payload ? *request.document.payload : "none";
}

TEST(GenericRequest, creates) {
    const GenericRequest request =
        accepted(with_user(R"("payload":{"id":"A-1","currency":"EUR","items":[{"price":12.50,"quantity":2}]})"));
    EXPECT_EQ(request.verb, Verb::create);
    EXPECT_FALSE(request.order_id);
    EXPECT_EQ(request.user_id, user);
    EXPECT_EQ(*request.document.payload, R"({"id":"A-1","currency":"EUR","items":[{"price":12.50,"quantity":2}]})");
    EXPECT_EQ(request.document.external_id, "A-1");
    EXPECT_EQ(request.document.currency, "EUR");
    EXPECT_EQ(request.document.total_amount, order::Money::of_cents(2500));
    EXPECT_THAT(request.document.email, IsEmpty());
    EXPECT_THAT(request.canonical, IsEmpty());
}

TEST(GenericRequest, creates_wherever_the_order_id_says_no_order_yet) {
    for (const auto* order_id : {R"("order_id":"")", R"("order_id":"0")", R"("order_id":0)", R"("order_id":null)",
                                 R"("event_id":"")", R"("event_id":"0")", R"("order_id":"","event_id":"0")"}) {
        const GenericRequest request = accepted(with_user(std::string(order_id) + R"(,"payload":{})"));
        EXPECT_EQ(request.verb, Verb::create) << order_id;
        EXPECT_FALSE(request.order_id) << order_id;
    }
}

TEST(GenericRequest, updates_the_order_it_names) {
    for (const auto& name :
         {quoted("order_id", id), quoted("event_id", id), quoted("order_id", id) + "," + quoted("event_id", id),
          quoted("order_id", "") + "," + quoted("event_id", id),
          quoted("order_id", "0193D7A0-7E9B-7C3E-8A1B-2C3D4E5F6071")}) {
        const GenericRequest request = accepted(with_user(name + R"(,"payload":{"amount":5})"));
        EXPECT_EQ(request.verb, Verb::replace) << name;
        EXPECT_EQ(request.order_id, order::parse_order_id(id)) << name;
        EXPECT_EQ(request.document.total_amount, order::Money::of_cents(500)) << name;
    }
}

TEST(GenericRequest, deletes_and_cancels_without_a_payload) {
    for (const auto& [text, status] :
         {std::pair{"deleted", Status::deleted}, std::pair{"cancelled", Status::cancelled}}) {
        for (const auto* more : {"", R"(,"payload":{"amount":1})", R"(,"payload":"ignored")"}) {
            const GenericRequest request =
                accepted(with_user(quoted("status", text) + "," + quoted("order_id", id) + more));
            EXPECT_EQ(request.verb, Verb::set_status);
            EXPECT_EQ(request.new_status, status);
            EXPECT_EQ(request.order_id, order::parse_order_id(id));
            EXPECT_EQ(request.user_id, user);
            EXPECT_EQ(request.document.payload, nullptr);
        }
    }
}

TEST(GenericRequest, knows_a_customer_by_a_uuid_in_lower_case) {
    EXPECT_EQ(accepted(R"({"user_id":"5F0C1B7A-2F1E-4B6A-9D3C-0A1B2C3D4E5F","payload":{}})").user_id, user);
}

TEST(GenericRequest, ignores_fields_it_does_not_know) {
    EXPECT_EQ(payload_of(with_user(R"("payload":{"a":1},"version":7,"extra":{"x":[]}, "status":null)")), R"({"a":1})");
}

TEST(GenericRequest, writes_the_payload_out) {
    EXPECT_EQ(payload_of(with_user(R"("payload": { "a" : 1e2, "b" : [ -0, 1.50 ], "c" : "\u0041\/" })")),
              R"({"a":100,"b":[0,1.50],"c":"A/"})");
}

TEST(GenericRequest, names_every_problem_at_once) {
    EXPECT_THAT(refused("{}").problems,
                ElementsAre(IsProblem("/user_id", "is required"), IsProblem("/payload", "is required")));
    EXPECT_EQ(refused("{}").detail, "2 fields are invalid");

    const Invalid invalid = refused(R"({"order_id":"x","user_id":7,"external_id":true,"payload":{"id":[],"currency":"e",
                                        "items":[{"price":"x","quantity":"y"}]}})");
    EXPECT_THAT(invalid.problems,
                ElementsAre(IsProblem("/order_id", "must be a UUID"), IsProblem("/user_id", "must be a UUID"),
                            IsProblem("/external_id", "must be a string or a number"),
                            IsProblem("/payload/id", "must be a string or a number"),
                            IsProblem("/payload/items/0/price", "must be a number"),
                            IsProblem("/payload/items/0/quantity", "must be a number"),
                            IsProblem("/payload/currency", "three capital letters")));
    EXPECT_EQ(invalid.detail, "7 fields are invalid");
    EXPECT_FALSE(invalid.too_large);

    EXPECT_THAT(refused(R"({"status":"shipped","user_id":"me"})").problems,
                ElementsAre(At("/user_id"), At("/status"), At("/order_id")));
    EXPECT_THAT(refused(with_user(R"("payload":5)")).problems, ElementsAre(IsProblem("/payload", "must be an object")));
    EXPECT_EQ(refused(with_user(R"("payload":5)")).detail, "1 field is invalid");
}

TEST(GenericRequest, wants_a_user) {
    for (const auto* user_id : {R"("")", R"("me")", "1", "null", "[]", R"("{5f0c1b7a-2f1e-4b6a-9d3c-0a1b2c3d4e5f}")"}) {
        EXPECT_THAT(refused(std::string(R"({"payload":{},"user_id":)") + user_id + "}").problems,
                    ElementsAre(At("/user_id")))
            << user_id;
    }
}

TEST(GenericRequest, wants_an_order_id_that_is_one) {
    for (const auto* order_id :
         {R"("00")", R"("x")", "1", "0.5", "true", "[]", "{}", R"("0193d7a07e9b7c3e8a1b2c3d4e5f6071")"}) {
        EXPECT_THAT(refused(with_user(std::string(R"("payload":{},"order_id":)") + order_id)).problems,
                    ElementsAre(IsProblem("/order_id", "must be a UUID")))
            << order_id;
        EXPECT_THAT(refused(with_user(std::string(R"("payload":{},"event_id":)") + order_id)).problems,
                    ElementsAre(At("/event_id")))
            << order_id;
    }
    EXPECT_THAT(
        refused(with_user(quoted("order_id", id) + "," + quoted("event_id", other_id) + R"(,"payload":{})")).problems,
        ElementsAre(IsProblem("/event_id", "differs from order_id")));
}

TEST(GenericRequest, takes_no_other_status) {
    for (const auto* status : {R"("")", R"("done")", R"("new")", R"("Deleted")", R"("canceled")", "1", "true", "[]"}) {
        EXPECT_THAT(refused(with_user(quoted("order_id", id) + R"(,"payload":{},"status":)" + status)).problems,
                    ElementsAre(IsProblem("/status", "\"deleted\" or \"cancelled\"")))
            << status;
    }
    for (const auto* order_id : {"", R"("order_id":"",)", R"("order_id":"0",)"}) {
        EXPECT_THAT(refused(with_user(order_id + quoted("status", "deleted"))).problems,
                    ElementsAre(IsProblem("/order_id", "is required")))
            << order_id;
    }
    EXPECT_THAT(refused(with_user(quoted("order_id", "x") + "," + quoted("status", "deleted"))).problems,
                ElementsAre(IsProblem("/order_id", "must be a UUID")));
}

TEST(GenericRequest, wants_an_object_for_a_payload) {
    for (const auto* payload : {"5", R"("text")", "[]", "true"}) {
        EXPECT_THAT(refused(with_user(std::string(R"("payload":)") + payload)).problems,
                    ElementsAre(IsProblem("/payload", "must be an object")))
            << payload;
    }
    EXPECT_THAT(refused(with_user(R"("payload":null)")).problems, ElementsAre(IsProblem("/payload", "is required")));
    EXPECT_THAT(refused(with_user(quoted("order_id", id))).problems, ElementsAre(IsProblem("/payload", "is required")));
}

TEST(GenericRequest, must_be_an_object) {
    for (const auto* body : {"[]", R"(["a"])", "5", "null", R"("text")"}) {
        const Invalid invalid = refused(body);
        EXPECT_EQ(invalid.detail, "the body must be a JSON object") << body;
        EXPECT_THAT(invalid.problems, ElementsAre(At("")));
    }
}

TEST(GenericRequest, says_where_it_is_not_json) {
    const Invalid invalid = refused(R"({"user_id":)");
    EXPECT_EQ(invalid.detail, "not JSON: it ends too early at byte 11");
    EXPECT_THAT(invalid.problems, IsEmpty());
    EXPECT_FALSE(invalid.too_large);
    EXPECT_EQ(refused("").detail, "not JSON: it is empty");
}

// --- the external id
// ---------------------------------------------------------------------------------------------------

TEST(GenericRequest, has_the_external_id_of_its_payload) {
    EXPECT_EQ(accepted(with_user(R"("payload":{"id":"A-1"})")).document.external_id, "A-1");
    EXPECT_EQ(accepted(with_user(R"("payload":{"id":17})")).document.external_id, "17");
    EXPECT_EQ(accepted(with_user(R"("payload":{"id":1.50e1})")).document.external_id, "15.0");
    EXPECT_EQ(accepted(with_user(R"("payload":{"id":""})")).document.external_id, "");
    EXPECT_EQ(accepted(with_user(R"("payload":{"id":null})")).document.external_id, "");
    EXPECT_EQ(accepted(with_user(R"("payload":{})")).document.external_id, "");
}

TEST(GenericRequest, takes_a_top_level_external_id_when_the_payload_has_none) {
    EXPECT_EQ(payload_of(with_user(R"("external_id":"E-1","payload":{"a":1})")), R"({"a":1,"id":"E-1"})");
    EXPECT_EQ(payload_of(with_user(R"("external_id":17,"payload":{})")), R"({"id":17})");
    EXPECT_EQ(payload_of(with_user(R"("external_id":"E-1","payload":{"id":null,"a":1})")), R"({"id":"E-1","a":1})");
    EXPECT_EQ(accepted(with_user(R"("external_id":"E-1","payload":{})")).document.external_id, "E-1");

    EXPECT_EQ(payload_of(with_user(R"("external_id":"E-1","payload":{"id":"A-1"})")), R"({"id":"A-1"})");
    EXPECT_EQ(accepted(with_user(R"("external_id":"E-1","payload":{"id":"A-1"})")).document.external_id, "A-1");
    EXPECT_EQ(payload_of(with_user(R"("external_id":"","payload":{})")), "{}");
    EXPECT_EQ(payload_of(with_user(R"("external_id":null,"payload":{})")), "{}");
}

TEST(GenericRequest, has_an_external_id_of_at_most_200_bytes) {
    const std::string longest(order::limits::id_bytes, 'x');
    EXPECT_EQ(accepted(with_user("\"payload\":{" + quoted("id", longest) + "}")).document.external_id, longest);
    for (const std::string& id_text : {longest + "x", std::string(9000, 'x'), std::string("é") + longest.substr(1)}) {
        EXPECT_THAT(refused(with_user("\"payload\":{" + quoted("id", id_text) + "}")).problems,
                    ElementsAre(IsProblem("/payload/id", "at most 200 bytes")));
        EXPECT_THAT(refused(with_user(quoted("external_id", id_text) + ",\"payload\":{}")).problems,
                    ElementsAre(IsProblem("/external_id", "at most 200 bytes")));
    }
    EXPECT_THAT(refused(with_user(R"("payload":{"id":1e300})")).problems, ElementsAre(At("/payload/id")));
    for (const auto* bad : {"true", "[]", R"({"a":1})"}) {
        EXPECT_THAT(refused(with_user(std::string(R"("payload":{"id":)") + bad + "}")).problems,
                    ElementsAre(IsProblem("/payload/id", "a string or a number")))
            << bad;
    }
}

// --- payload_json
// ------------------------------------------------------------------------------------------------------

TEST(GenericRequest, takes_payload_json_for_the_payload) {
    const GenericRequest request =
        accepted(with_user(R"("payload_json":"{\"id\":\"A-1\",\"amount\":1.5e1}","external_id":"E-1")"));
    EXPECT_EQ(request.verb, Verb::create);
    EXPECT_EQ(*request.document.payload, R"({"id":"A-1","amount":15})");
    EXPECT_EQ(request.document.external_id, "A-1");
    EXPECT_EQ(request.document.total_amount, order::Money::of_cents(1500));

    EXPECT_EQ(payload_of(with_user(R"("payload_json":"{}","payload":null)")), "{}");
    EXPECT_EQ(payload_of(with_user(R"("payload_json":"","payload":{"a":1})")), R"({"a":1})");
    EXPECT_EQ(payload_of(with_user(R"("payload_json":null,"payload":{"a":1})")), R"({"a":1})");
    EXPECT_EQ(payload_of(with_user(R"("payload_json":"{\"b\":1.0,\"a\":2}","payload":{"a":2,"b":1})")),
              R"({"a":2,"b":1})");
}

TEST(GenericRequest, names_what_is_wrong_with_payload_json) {
    EXPECT_THAT(refused(with_user(R"("payload_json":{})")).problems,
                ElementsAre(IsProblem("/payload_json", "must be a string")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"{")")).problems,
                ElementsAre(IsProblem("/payload_json", "it ends too early at byte 1")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"[]")")).problems,
                ElementsAre(IsProblem("/payload_json", "must be an object")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"")")).problems, ElementsAre(IsProblem("/payload", "is required")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"{\"id\":1,\"id\":2}")")).problems,
                ElementsAre(IsProblem("/payload_json", "twice")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"{\"items\":[{\"price\":\"x\"}]}")")).problems,
                ElementsAre(At("/payload_json/items/0/price")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"{\"id\":true}")")).problems, ElementsAre(At("/payload_json/id")));
    EXPECT_THAT(refused(with_user(R"("payload_json":"{\"a\":1}","payload":{"a":2})")).problems,
                ElementsAre(IsProblem("/payload_json", "differs from payload")));
}

// --- sizes
// -------------------------------------------------------------------------------------------------------------

TEST(GenericRequest, is_too_large_when_its_numbers_are_written_out) {
    std::string numbers;
    for (int i = 0; i < 4000; ++i) {
        numbers += "1e300,";
    }
    const Invalid invalid = refused(with_user("\"payload\":{\"a\":[" + numbers + "0]}"));
    EXPECT_TRUE(invalid.too_large);
    EXPECT_THAT(invalid.problems, IsEmpty());
    EXPECT_TRUE(refused(with_user("\"payload_json\":\"{\\\"a\\\":[" + numbers + "0]}\"")).too_large);
}

TEST(GenericRequest, keeps_the_stored_payload_below_the_limit_too) {
    // A payload_json that fits by itself, and an external id that no longer does.
    const std::string fill(order::limits::body_bytes - 300, 'x');
    const std::string number_growth = R"(,\"n\":1e280)";  // 276 bytes more than it arrives with
    const std::string body = with_user(quoted("external_id", std::string(50, 'e')) + R"(,"payload_json":"{\"a\":\")" +
                                       fill + "\\\"" + number_growth + "}\"");
    ASSERT_LE(body.size(), order::limits::body_bytes);
    EXPECT_TRUE(refused(body).too_large);
}

TEST(GenericRequest, holds_no_more_memory_than_its_text) {
    const GenericRequest request = accepted(with_user("\"payload\":{\"a\":1}" + std::string(900'000, ' ')));
    EXPECT_EQ(*request.document.payload, R"({"a":1})");
    EXPECT_LT(request.document.payload->capacity(), 100U);
}

// --- the hash of a create
// ----------------------------------------------------------------------------------------------

TEST(GenericRequest, has_a_canonical_text_only_when_a_create_wants_one) {
    const std::string body = with_user(R"("payload":{"b":1.0,"a":2})");
    EXPECT_EQ(accepted(body, true).canonical, R"({"a":2,"b":1})");
    EXPECT_EQ(accepted(body, false).canonical, "");
    EXPECT_EQ(accepted(with_user(quoted("order_id", id) + R"(,"payload":{})"), true).canonical, "");
    EXPECT_EQ(accepted(with_user(quoted("order_id", id) + "," + quoted("status", "deleted")), true).canonical, "");
}

TEST(GenericRequest, has_the_same_canonical_text_however_it_was_written) {
    const std::string expected = R"({"a":[1,{"c":"é"}],"id":"E-1"})";
    for (const auto* body :
         {R"("payload":{"a":[1,{"c":"é"}],"id":"E-1"})", R"("payload": {"id":"E-1", "a":[1.00,{"c":"\u00e9"}]})",
          R"("external_id":"E-1","payload":{"a":[1e0,{"c":"é"}]})",
          R"("payload_json":"{\"id\":\"E-1\",\"a\":[1,{\"c\":\"é\"}]}")"}) {
        EXPECT_EQ(accepted(with_user(body), true).canonical, expected) << body;
    }
}

}  // namespace
}  // namespace orderstream::documents
