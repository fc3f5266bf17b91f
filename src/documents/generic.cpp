#include "documents/generic.h"

#include <charconv>
#include <memory>
#include <utility>

#include "documents/pricing.h"
#include "order/limits.h"

namespace orderstream::documents {

namespace {

using order::Status;
using order::Verb;

constexpr const char* is_required = "is required";

/// Reads one body, gathering everything that is wrong with it. Fields that are null count as absent.
class RequestReader {
  public:
    RequestReader(Json body, std::size_t body_bytes, bool want_canonical)
        : body_(std::move(body)), body_bytes_(body_bytes), want_canonical_(want_canonical) {}

    [[nodiscard]] tl::expected<GenericRequest, Invalid> read() {
        if (body_.as_object() == nullptr) return tl::unexpected(not_an_object());
        read_order_id();
        read_user_id();
        const bool status_given = body_.find_given("status") != nullptr;
        if (status_given) {
            read_status();
        } else {
            request_.verb = request_.order_id ? Verb::replace : Verb::create;
            read_document();
        }
        return finish();
    }

    /// The body of a replacement says who and what, not which order.
    [[nodiscard]] tl::expected<GenericRequest, Invalid> read_replacement() {
        if (body_.as_object() == nullptr) return tl::unexpected(not_an_object());
        request_.verb = Verb::replace;
        read_user_id();
        read_document();
        return finish();
    }

  private:
    [[nodiscard]] tl::expected<GenericRequest, Invalid> finish() {
        if (too_large_) return tl::unexpected(std::move(*too_large_));
        if (!problems_.empty()) return tl::unexpected(invalid_fields(std::move(problems_)));
        return std::move(request_);
    }

    void complain(std::string pointer, std::string detail) {
        problems_.push_back({std::move(pointer), std::move(detail)});
    }

    /// None where the name is absent or says "no order yet"; a value that is no id is a problem.
    std::optional<order::OrderId> read_id(const char* name) {
        const Json* value = body_.find_given(name);
        if (value == nullptr) return std::nullopt;
        if (const auto* number = value->as_number(); number != nullptr && number->text == "0") return std::nullopt;
        if (const auto* text = value->as_string()) {
            if (text->empty() || *text == "0") return std::nullopt;
            if (auto id = order::parse_order_id(*text)) return id;
        }
        complain(std::string("/") + name, "must be a UUID");
        order_id_is_bad_ = true;
        return std::nullopt;
    }

    void read_order_id() {
        const auto order_id = read_id("order_id");
        const auto event_id = read_id("event_id");
        if (order_id && event_id && order_id != event_id)
            complain("/event_id", "differs from order_id, its other name");
        request_.order_id = order_id ? order_id : event_id;
    }

    void read_user_id() {
        const Json* value = body_.find_given("user_id");
        if (value == nullptr) return complain("/user_id", is_required);
        const std::string* text = value->as_string();
        const auto uuid = text == nullptr ? std::nullopt : order::parse_uuid(*text);
        if (!uuid) return complain("/user_id", "must be a UUID");
        request_.user_id = order::to_string(*uuid);
    }

    void read_status() {
        request_.verb = Verb::set_status;
        const std::string* text = body_.find("status")->as_string();
        if (text != nullptr && *text == "deleted") {
            request_.new_status = Status::deleted;
        } else if (text != nullptr && *text == "cancelled") {
            request_.new_status = Status::cancelled;
        } else {
            complain("/status", "must be \"deleted\" or \"cancelled\"");
        }
        if (!request_.order_id && !order_id_is_bad_) complain("/order_id", "is required to delete or cancel");
    }

    void read_document() {
        const auto payload = read_payload();
        const std::string top_level_id = read_external_id();
        if (!payload) return;
        read_payload_id(*payload, top_level_id);
        price(*payload);
        if (problems_.empty()) finish_document(*payload);
    }

    struct Payload {
        Json* value;
        std::string pointer;  // where the client wrote it
    };

    std::optional<Payload> read_payload() {
        Json* payload = body_.find("payload");
        if (payload != nullptr && payload->is_null()) payload = nullptr;
        Json* older = read_payload_json();
        if (payload == nullptr && older == nullptr) {
            if (!payload_json_is_bad_) complain("/payload", is_required);
            return std::nullopt;
        }
        if (payload != nullptr && older != nullptr && canonical_json(*payload) != canonical_json(*older)) {
            complain("/payload_json", "differs from payload, its other name");
        }
        Payload chosen = payload != nullptr ? Payload{payload, "/payload"} : Payload{older, "/payload_json"};
        if (chosen.value->as_object() != nullptr) return chosen;
        complain(chosen.pointer, "must be an object");
        return std::nullopt;
    }

    /// The value that the text of `payload_json` holds; an empty text counts as absent.
    Json* read_payload_json() {
        const Json* value = body_.find_given("payload_json");
        if (value == nullptr) return nullptr;
        const std::string* text = value->as_string();
        if (text != nullptr && text->empty()) return nullptr;
        payload_json_is_bad_ = true;
        if (text == nullptr) {
            complain("/payload_json", "must be a string that holds a JSON object");
            return nullptr;
        }
        auto parsed = parse_json(*text);
        if (!parsed) {
            if (parsed.error().too_large) {
                too_large_ = Invalid{.too_large = true, .detail = "payload_json: " + parsed.error().detail};
            }
            complain("/payload_json", parsed.error().detail);
            return nullptr;
        }
        payload_json_is_bad_ = false;
        payload_json_ = std::move(*parsed);
        return &payload_json_;
    }

    /// Empty when it is absent or a problem.
    std::string read_id_text(const Json* value, const std::string& pointer) {
        if (value == nullptr) return {};
        const auto* text = value->as_string();
        const auto* number = value->as_number();
        if (text == nullptr && number == nullptr) {
            complain(pointer, "must be a string or a number");
            return {};
        }
        const std::string& id = text != nullptr ? *text : number->text;
        if (id.size() <= order::limits::id_bytes) return id;
        complain(pointer, "must be at most " + std::to_string(order::limits::id_bytes) + " bytes long");
        return {};
    }

    std::string read_external_id() { return read_id_text(body_.find_given("external_id"), "/external_id"); }

    /// A top-level `external_id` becomes the payload's `id` when it has none.
    void read_payload_id(const Payload& payload, const std::string& top_level_id) {
        if (const Json* id = payload.value->find_given("id")) {
            request_.document.external_id = read_id_text(id, payload.pointer + "/id");
            return;
        }
        if (top_level_id.empty()) return;
        request_.document.external_id = top_level_id;
        const Json& id = *body_.find("external_id");
        if (Json* null_id = payload.value->find("id")) {
            *null_id = id;
        } else {
            payload.value->as_object()->emplace_back("id", id);
        }
    }

    void price(const Payload& payload) {
        auto priced = price_generic(*payload.value, payload.pointer);
        if (!priced) {
            for (Problem& problem : priced.error()) {
                problems_.push_back(std::move(problem));
            }
            return;
        }
        request_.document.total_amount = priced->total_amount;
        request_.document.currency = std::move(priced->currency);
    }

    void finish_document(const Payload& payload) {
        std::string text;
        text.reserve(body_bytes_);
        append_json(text, *payload.value);
        if (text.size() > order::limits::body_bytes) too_large_ = too_large_to_store("the payload");
        // A copy holds no more memory than Change::bytes() counts.
        request_.document.payload = std::make_shared<const std::string>(text);
        if (want_canonical_ && request_.verb == Verb::create) request_.canonical = canonical_json(*payload.value);
    }

    Json body_;
    std::size_t body_bytes_;
    Json payload_json_;
    bool want_canonical_;
    bool order_id_is_bad_ = false;
    bool payload_json_is_bad_ = false;
    GenericRequest request_;
    Problems problems_;
    std::optional<Invalid> too_large_;
};

void append_int(std::string& out, int value) {
    char text[12];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

tl::expected<GenericRequest, Invalid> parse_generic_request(std::string_view body, bool want_canonical) {
    auto parsed = parse_body(body);
    if (!parsed) return tl::unexpected(std::move(parsed.error()));
    return RequestReader(std::move(*parsed), body.size(), want_canonical).read();
}

tl::expected<order::Change, Invalid> parse_generic_replacement(Json body) {
    auto request = RequestReader(std::move(body), 0, false).read_replacement();
    if (!request) return tl::unexpected(std::move(request.error()));
    order::Change change;
    change.kind = order::Kind::generic;
    change.verb = request->verb;
    change.customer_id = std::move(request->user_id);
    change.document = std::move(request->document);
    return change;
}

void append_generic_order(std::string& out, const order::Order& row) {
    constexpr std::size_t other_fields_bytes = 384;
    out.reserve(out.size() + other_fields_bytes + (row.payload ? row.payload->size() : 0));
    out.append(R"({"order_id":")");
    order::append_uuid(out, row.id.uuid);
    out.append(R"(","user_id":)");
    append_json_string(out, row.customer_id);
    out.append(R"(,"status":")").append(order::to_string(row.status));
    out.append(R"(","amount":)");
    order::append_money(out, row.total_amount);
    out.append(R"(,"currency":)");
    append_json_string(out, row.currency);
    out.append(R"(,"payload":)").append(row.payload ? std::string_view(*row.payload) : "null");
    out.append(R"(,"bucket":)");
    append_int(out, order::bucket_of(row.id));
    out.append(R"(,"version":)");
    append_int(out, row.version);
    out.append(R"(,"failure_reason":)");
    if (row.failure_reason.empty()) {
        out.append("null");
    } else {
        append_json_string(out, row.failure_reason);
    }
    out.append(R"(,"created_at":")");
    order::append_rfc3339(out, row.created_at);
    out.append(R"(","updated_at":")");
    order::append_rfc3339(out, row.updated_at);
    out.append("\"}");
}

}  // namespace orderstream::documents
