#include "unit/pipeline/support/changes.h"

#include <memory>
#include <utility>

namespace orderstream::pipeline::testing {

namespace {

order::Uuid uuid(std::uint8_t what, int number) {
    order::Uuid id{};
    id.data[0] = what;
    id.data[6] = 0x70;
    id.data[8] = 0x80;
    for (std::size_t i = 0; i < 4; ++i) id.data[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

order::Document document_of(int cents) {
    order::Document document;
    document.total_amount = order::Money::of_cents(cents);
    document.payload =
        std::make_shared<const std::string>(R"({"amount":")" + order::to_string(document.total_amount) + R"("})");
    return document;
}

order::Change change(int number, order::Verb verb) {
    order::Change made;
    made.order_id = order_id(number);
    made.verb = verb;
    made.customer_id = customer;
    made.request_id = "request-" + std::to_string(number);
    made.traceparent = "trace-" + std::to_string(number);
    return made;
}

}  // namespace

order::OrderId order_id(int number) { return {uuid(2, number)}; }
order::Uuid note_id(int number) { return uuid(1, number); }

order::Change create(int number, int cents) {
    order::Change made = change(number, order::Verb::create);
    made.document = document_of(cents);
    return made;
}

order::Change create_once(int number, int cents) {
    order::Change made = create(number, cents);
    made.create_hash.emplace().fill(static_cast<std::uint8_t>(cents));
    return made;
}

order::Change create_checkout(int number) {
    const std::string document =
        R"({"items":[{"id":"0190a1b2-0000-7000-8000-000000000001","product_id":"456e7890-e89b-12d3-a456-426614174001",)"
        R"("name":"Tea","price":2.5,"quantity":2}]})";
    order::Change made = with_document(document, create(number, 500));
    made.kind = order::Kind::checkout;
    return made;
}

order::Change replace(int number, int cents) {
    order::Change made = change(number, order::Verb::replace);
    made.document = document_of(cents);
    return made;
}

order::Change set_status(int number, order::Status status) {
    order::Change made = change(number, order::Verb::set_status);
    made.new_status = status;
    return made;
}

order::Change remove(int number) { return set_status(number, order::Status::deleted); }

order::Change if_match(int version, order::Change made) {
    made.expected_version = version;
    return made;
}

order::Change of_customer(std::string_view other, order::Change made) {
    made.customer_id = other;
    return made;
}

order::Change with_document(std::string payload, order::Change made) {
    made.document.payload = std::make_shared<const std::string>(std::move(payload));
    return made;
}

order::Change refused_by_the_store(order::Change made) {
    made.document.currency = "none";
    return made;
}

}  // namespace orderstream::pipeline::testing
