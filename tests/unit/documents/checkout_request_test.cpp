#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "order/limits.h"
#include "unit/documents/checkout_bodies.h"

namespace orderstream::documents {
namespace {

namespace limits = order::limits;
using order::Verb;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_view_literals;

TEST(CheckoutRequest, becomes_a_change_with_a_normalised_document) {
    std::uint64_t random = 0;
    order::Uuid7Source item_ids([] { return order::Time(std::chrono::milliseconds(0x123456789abc)); },
                                [&random] { return random++; });
    auto body = parse_json(R"({
        "email": "Customer@Example.com", "customer_id": "123E4567-E89B-12D3-A456-426614174000", "surprise": [1],
        "items": [
            {"quantity": 3.0, "price": 49.990, "name": "Чай \u8336", "note": "!",
             "product_id": "456E7890-E89B-12D3-A456-426614174001"},
            {"product_id": "456e7890-e89b-12d3-a456-426614174002", "name": "Cup", "price": 1e1, "quantity": 1, "id": 5,
             "total": 7}],
        "shipping_address": {"zip_code": "220030", "country": "BY", "state": "MI", "city": "Минск", "floor": 3,
                             "street": "Main St, 1"},
        "metadata": {"b": 1.50, "a": [null, {}]}, "total_amount": 1, "status": "shipped"})");
    ASSERT_TRUE(body);
    const auto change = parse_checkout(std::move(*body), Verb::create, false, item_ids);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->kind, order::Kind::checkout);
    EXPECT_EQ(change->verb, Verb::create);
    EXPECT_EQ(change->customer_id, "123e4567-e89b-12d3-a456-426614174000");
    EXPECT_EQ(change->document.email, "Customer@Example.com");
    EXPECT_EQ(change->document.currency, "USD");
    EXPECT_EQ(change->document.total_amount, order::Money::of_cents(15997));
    EXPECT_THAT(change->document.external_id, IsEmpty());
    EXPECT_FALSE(change->create_hash);
    EXPECT_EQ(*change->document.payload,
              R"({"customer_id":"123e4567-e89b-12d3-a456-426614174000","email":"Customer@Example.com",)"
              R"("currency":"USD","items":[)"
              R"({"id":"12345678-9abc-7000-8000-000000000001","product_id":"456e7890-e89b-12d3-a456-426614174001",)"
              R"("name":"Чай 茶","price":49.99,"quantity":3,"total":149.97},)"
              R"({"id":"12345678-9abc-7001-8000-000000000003","product_id":"456e7890-e89b-12d3-a456-426614174002",)"
              R"("name":"Cup","price":10,"quantity":1,"total":10}],"metadata":{"b":1.50,"a":[null,{}]},)"
              R"("shipping_address":{"street":"Main St, 1","city":"Минск","state":"MI","country":"BY",)"
              R"("zip_code":"220030"},"billing_address":null})");
}

TEST(CheckoutRequest, replaces) {
    const order::Change change = accepted(object_of(good_order()), Verb::replace);
    EXPECT_EQ(change.verb, Verb::replace);
    EXPECT_EQ(change.kind, order::Kind::checkout);
    EXPECT_EQ(change.document.total_amount, order::Money::of_cents(14997));
}

TEST(CheckoutRequest, gives_every_item_an_id_of_its_own) {
    const std::string item = object_of(good_item());
    std::string items = item;
    for (int i = 0; i < 99; ++i) items += "," + item;
    std::set<std::string> ids;
    const Json payload = stored(order_of_item(items));
    for (const Json& stored_item : *payload.find("items")->as_array()) {
        const std::string& id = *stored_item.find("id")->as_string();
        EXPECT_TRUE(order::parse_uuid(id)) << id;
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 100U);
}

TEST(CheckoutRequest, names_every_problem_at_once) {
    const Invalid empty = refused("{}");
    EXPECT_EQ(empty.detail, "3 fields are invalid");
    EXPECT_FALSE(empty.too_large);
    EXPECT_THAT(empty.problems, ElementsAre(IsProblem("/customer_id", "is required"),
                                            IsProblem("/email", "is required"), IsProblem("/items", "is required")));

    const Invalid invalid = refused(R"({"customer_id":7,"email":"me","currency":"usd","metadata":[],
        "items":[{"product_id":"x","name":"","price":0,"quantity":0.5},5,{},
                 {"product_id":null,"name":5,"price":"1","quantity":"2"}],
        "shipping_address":{"street":"","state":5},"billing_address":"there"})");
    EXPECT_EQ(invalid.detail, "23 fields are invalid");
    EXPECT_THAT(
        invalid.problems,
        ElementsAre(
            IsProblem("/customer_id", "must be a UUID"), IsProblem("/email", "must be an e-mail address"),
            IsProblem("/currency", "must be three capital letters"), IsProblem("/items/0/product_id", "must be a UUID"),
            IsProblem("/items/0/name", "must be 1 to 255"), IsProblem("/items/0/price", "must be greater than 0"),
            IsProblem("/items/0/quantity", "must be a whole number"), IsProblem("/items/1", "must be an object"),
            IsProblem("/items/2/product_id", "is required"), IsProblem("/items/2/name", "is required"),
            IsProblem("/items/2/price", "is required"), IsProblem("/items/2/quantity", "is required"),
            IsProblem("/items/3/product_id", "is required"), IsProblem("/items/3/name", "must be a string"),
            IsProblem("/items/3/price", "must be a number"), IsProblem("/items/3/quantity", "must be a number"),
            IsProblem("/metadata", "must be an object"), IsProblem("/shipping_address/street", "must be 1 to 255"),
            IsProblem("/shipping_address/city", "is required"),
            IsProblem("/shipping_address/state", "must be a string"),
            IsProblem("/shipping_address/country", "is required"),
            IsProblem("/shipping_address/zip_code", "is required"),
            IsProblem("/billing_address", "must be an object")));
}

TEST(CheckoutRequest, must_be_an_object) {
    for (const auto* body : {"[]", "5", "null", R"("text")", R"([{"email":"a@b.cd"}])"}) {
        const Invalid invalid = refused(body);
        EXPECT_EQ(invalid.detail, "the body must be a JSON object") << body;
        EXPECT_THAT(invalid.problems, ElementsAre(IsProblem("", "must be an object"))) << body;
    }
}

TEST(CheckoutRequest, knows_customers_and_products_by_uuids) {
    for (const auto* id : {R"("")", R"("me")", "1", "[]", "true", R"("123e4567e89b12d3a456426614174000")",
                           R"("{123e4567-e89b-12d3-a456-426614174000}")"}) {
        EXPECT_THAT(refused(order_with("customer_id", id)).problems,
                    ElementsAre(IsProblem("/customer_id", "must be a UUID")))
            << id;
        EXPECT_THAT(refused(item_with("product_id", id)).problems,
                    ElementsAre(IsProblem("/items/0/product_id", "must be a UUID")))
            << id;
    }
    EXPECT_THAT(refused(order_with("customer_id", "null")).problems,
                ElementsAre(IsProblem("/customer_id", "is required")));
}

// --- e-mail, currency, texts ---------------------------------------------------------------------------------------

TEST(CheckoutRequest, takes_an_email_that_looks_like_one) {
    for (const auto* address : {"a@b.cd", "first.last+tag@sub-1.example.org", "%_-.@-.zz", "A1@B2.Co", "a@b..museum"}) {
        EXPECT_EQ(accepted(order_with("email", quoted(address))).document.email, address);
    }
    for (const auto* address :
         {"",          "a",      "@",       "a@",       "@b.cd",    "a@b",      "a@.cd",     "a@b.",
          "a@b.c",     "a@b.c1", "a@b.cd.", "a@b@c.de", "a b@c.de", "a@b c.de", " a@b.cd",   "a@b.cd ",
          "a@b.cd\\n", "a.b@cd", "ü@b.cd",  "a@bü.cd",  "a@b.cü",   "a@b_c.de", "a\\\"@b.cd"}) {
        EXPECT_THAT(refused(order_with("email", quoted(address))).problems,
                    ElementsAre(IsProblem("/email", "must be an e-mail address of at most 255 characters")))
            << address;
    }
    EXPECT_THAT(refused(order_with("email", "5")).problems, ElementsAre(IsProblem("/email", "must be a string")));
}

TEST(CheckoutRequest, has_an_email_of_at_most_255_characters) {
    const std::string longest = std::string(255 - 9, 'a') + "@b.museum";
    ASSERT_EQ(longest.size(), limits::email_bytes);
    EXPECT_EQ(accepted(order_with("email", quoted(longest))).document.email, longest);
    EXPECT_THAT(refused(order_with("email", quoted("a" + longest))).problems,
                ElementsAre(IsProblem("/email", "at most 255")));
}

TEST(CheckoutRequest, has_a_currency_of_three_capitals_or_dollars) {
    EXPECT_EQ(accepted(order_with("currency", R"("EUR")")).document.currency, "EUR");
    EXPECT_EQ(stored_member(order_with("currency", R"("EUR")"), "currency"), R"("EUR")");
    for (const auto* none : {"", "null"}) {
        EXPECT_EQ(accepted(order_with("currency", none)).document.currency, "USD");
        EXPECT_EQ(stored_member(order_with("currency", none), "currency"), R"("USD")");
    }
    for (const auto* currency : {R"("")", R"("usd")", R"("US")", R"("USDT")", R"("US1")", R"("ÜSD")"}) {
        EXPECT_THAT(refused(order_with("currency", currency)).problems,
                    ElementsAre(IsProblem("/currency", "must be three capital letters")))
            << currency;
    }
    EXPECT_THAT(refused(order_with("currency", "840")).problems,
                ElementsAre(IsProblem("/currency", "must be a string")));
}

TEST(CheckoutRequest, has_names_of_1_to_255_characters_in_any_script) {
    for (const auto* letter : {"x", "ж", "茶", "🍵"}) {
        const std::string longest = quoted(repeated(letter, limits::text_characters_max));
        EXPECT_EQ(stored_in_item(item_with("name", longest), "name"), longest);
        EXPECT_EQ(stored_in_item(item_with("name", quoted(letter)), "name"), quoted(letter));
        EXPECT_THAT(refused(item_with("name", quoted(repeated(letter, limits::text_characters_max + 1)))).problems,
                    ElementsAre(IsProblem("/items/0/name", "must be 1 to 255 characters long")));
    }
    EXPECT_THAT(refused(item_with("name", R"("")")).problems,
                ElementsAre(IsProblem("/items/0/name", "must be 1 to 255 characters long")));
    EXPECT_EQ(stored_in_item(item_with("name", R"("a\"\\\n\tb")"), "name"), R"("a\"\\\n\tb")");
    EXPECT_EQ(stored_in_item(item_with("name", R"("שָׁלוֹם  ")"), "name"), R"("שָׁלוֹם  ")");
}

// --- metadata and addresses ----------------------------------------------------------------------------------------

TEST(CheckoutRequest, keeps_metadata_as_given) {
    for (const auto* metadata :
         {"{}", R"({"source":"web"})", R"({"z":1.500,"a":{"ключ":[true,false,null,"\"🍵\\\u0001"]},"":0.1})"}) {
        EXPECT_EQ(stored_member(order_with("metadata", metadata), "metadata"), metadata);
    }
    EXPECT_EQ(stored_member(object_of(good_order()), "metadata"), "null");
    EXPECT_EQ(stored_member(order_with("metadata", "null"), "metadata"), "null");
    for (const auto* metadata : {"[]", "5", R"("text")", "false"}) {
        EXPECT_THAT(refused(order_with("metadata", metadata)).problems,
                    ElementsAre(IsProblem("/metadata", "must be an object")))
            << metadata;
    }
}

TEST(CheckoutRequest, has_metadata_of_at_most_64_KiB) {
    const auto of_bytes = [](std::size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + R"("})"; };
    const std::string longest = of_bytes(limits::metadata_bytes);
    ASSERT_EQ(longest.size(), 65'536U);
    EXPECT_EQ(stored_member(order_with("metadata", longest), "metadata"), longest);
    EXPECT_EQ(stored_member(order_with("metadata", " {  " + longest.substr(1)), "metadata"), longest);
    EXPECT_THAT(refused(order_with("metadata", of_bytes(limits::metadata_bytes + 1))).problems,
                ElementsAre(IsProblem("/metadata", "must be at most 65536 bytes long")));
    const std::string in_cyrillic = R"({"a":")" + repeated("ж", limits::metadata_bytes / 2) + R"("})";
    EXPECT_THAT(refused(order_with("metadata", in_cyrillic)).problems, ElementsAre(IsProblem("/metadata", "65536")));
}

TEST(CheckoutRequest, takes_addresses_with_or_without_a_state) {
    for (const auto* name : {"shipping_address", "billing_address"}) {
        const std::string whole = object_of(good_address());
        EXPECT_EQ(stored_member(order_with(name, whole), name), whole);
        EXPECT_EQ(stored_member(object_of(good_order()), name), "null");
        EXPECT_EQ(stored_member(order_with(name, "null"), name), "null");
        for (const auto* state : {"", "null"}) {
            EXPECT_EQ(stored_member(order_with(name, with(good_address(), "state", state)), name),
                      with(good_address(), "state", ""));
        }
        const std::string of_no_state = with(good_address(), "state", R"("")");
        EXPECT_EQ(stored_member(order_with(name, of_no_state), name), of_no_state);
    }
}

TEST(CheckoutRequest, names_what_an_address_lacks) {
    for (const std::string name : {"shipping_address", "billing_address"}) {
        for (const std::string part : {"street", "city", "country", "zip_code"}) {
            const std::string pointer = "/" + name + "/" + part;
            const std::tuple<std::string, const char*> cases[] = {
                {"", "is required"},
                {"null", "is required"},
                {"5", "must be a string"},
                {R"("")", "must be 1 to 255 characters long"},
                {quoted(repeated("ж", limits::text_characters_max + 1)), "must be 1 to 255 characters long"},
            };
            for (const auto& [value, detail] : cases) {
                EXPECT_THAT(refused(order_with(name, with(good_address(), part, value))).problems,
                            ElementsAre(IsProblem(pointer, detail)))
                    << value;
            }
        }
        for (const std::string part : {"street", "city", "state", "country", "zip_code"}) {
            const std::string longest = with(good_address(), part, quoted(repeated("ж", limits::text_characters_max)));
            EXPECT_EQ(stored_member(order_with(name, longest), name), longest);
        }
        EXPECT_THAT(refused(order_with(name, with(good_address(), "state", quoted(std::string(256, 'x'))))).problems,
                    ElementsAre(IsProblem("/" + name + "/state", "must be at most 255 characters long")));
        EXPECT_THAT(refused(order_with(name, "{}")).problems.size(), 4U);
        EXPECT_THAT(refused(order_with(name, "[]")).problems, ElementsAre(IsProblem("/" + name, "must be an object")));
    }
}

// --- sizes ---------------------------------------------------------------------------------------------------------

TEST(CheckoutRequest, is_too_large_when_it_does_not_fit_with_its_items_ids) {
    std::string items = priced("0.01", "1");
    const std::size_t client_bytes = items.size() + 1;
    const std::size_t server_bytes = R"("id":"00000000-0000-0000-0000-000000000000",,"total":0.01)"sv.size();
    const std::size_t fitting = limits::body_bytes / (client_bytes + server_bytes) - 10;
    for (std::size_t i = 1; i < fitting; ++i) items += "," + priced("0.01", "1");
    EXPECT_LE(accepted(order_of_item(items)).document.payload->size(), limits::body_bytes);

    for (int i = 0; i < 20; ++i) items += "," + priced("0.01", "1");
    ASSERT_LT(order_of_item(items).size(), limits::body_bytes);
    const Invalid invalid = refused(order_of_item(items));
    EXPECT_TRUE(invalid.too_large);
    EXPECT_EQ(invalid.detail, "the order is larger than 1048576 bytes");
    EXPECT_THAT(invalid.problems, IsEmpty());
}

TEST(CheckoutRequest, holds_no_more_memory_than_its_text) {
    const order::Change change = accepted(order_with("unknown", quoted(std::string(900'000, 'x'))));
    EXPECT_LE(change.document.payload->capacity(), change.document.payload->size() + 32);
    EXPECT_LT(change.bytes(), 2000U);
}

// --- the hash of a create ------------------------------------------------------------------------------------------

TEST(CheckoutRequest, has_the_same_hash_however_it_was_written) {
    const auto hash_of = [](const std::string& body) { return accepted(body, Verb::create, true).create_hash; };
    const auto hash = hash_of(R"({"customer_id":"123e4567-e89b-12d3-a456-426614174000","email":"a@b.cd","items":[
        {"product_id":"456e7890-e89b-12d3-a456-426614174001","name":"茶","price":49.9,"quantity":3}],
        "metadata":{"a":1,"b":{"c":2}}})");
    ASSERT_TRUE(hash);
    EXPECT_EQ(hash, hash_of(R"({"metadata":{"b":{"c":2.0},"a":1e0},"currency":"USD","shipping_address":null,
        "items":[{"id":"x","quantity":3.0,"price":49.90,"name":"\u8336",
                  "product_id":"456E7890-E89B-12D3-A456-426614174001"}],
        "unknown":true,"email":"a@b.cd","customer_id":"123E4567-E89B-12D3-A456-426614174000"})"));
    EXPECT_FALSE(accepted(object_of(good_order())).create_hash);
}

TEST(CheckoutRequest, has_another_hash_when_anything_differs) {
    const std::string address = object_of(good_address());
    std::set<order::Sha256> hashes;
    const std::vector<std::string> bodies = {
        object_of(good_order()),
        order_with("customer_id", product),
        order_with("email", R"("Customer@example.com")"),
        order_with("currency", R"("EUR")"),
        order_with("metadata", "{}"),
        order_with("metadata", R"({"a":1})"),
        order_with("shipping_address", address),
        order_with("billing_address", address),
        order_with("shipping_address", with(good_address(), "state", "")),
        order_with("shipping_address", with(good_address(), "state", R"("")")),
        item_with("product_id", customer),
        item_with("name", R"("tea")"),
        item_with("price", "49.98"),
        item_with("quantity", "4"),
        order_of_item(object_of(good_item()) + "," + object_of(good_item())),
    };
    for (const std::string& body : bodies) hashes.insert(accepted(body, Verb::create, true).create_hash.value());
    EXPECT_EQ(hashes.size(), bodies.size());
}

}  // namespace
}  // namespace orderstream::documents
