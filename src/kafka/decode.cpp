#include <charconv>
#include <memory>
#include <optional>

#include "documents/json.h"
#include "kafka/codec.h"
#include "order/limits.h"

namespace orderstream::kafka {
namespace {

namespace limits = order::limits;
using documents::Json;
using ports::Ack;

// The body that an event carries is one level inside it.
constexpr documents::JsonBounds bounds{.bytes = limits::message_bytes_max, .depth = limits::json_depth + 1};

/// Reads the fields of one object; the first that is wrong is remembered.
class Fields {
  public:
    explicit Fields(const Json& object) : object_(object) {
        if (object.as_object() == nullptr) trouble_ = "the message is no JSON object";
    }

    [[nodiscard]] const std::string& trouble() const { return trouble_; }

    [[nodiscard]] std::string text(std::string_view name) {
        const Json* value = given(name);
        if (value == nullptr) return {};
        if (const std::string* text = value->as_string()) return *text;
        return complain(name, "is no text"), std::string();
    }

    [[nodiscard]] std::string optional_text(std::string_view name) {
        return object_.find_given(name) == nullptr ? std::string() : text(name);
    }

    /// What `parse` makes of a text.
    template <class T>
    [[nodiscard]] T parsed(std::string_view name, std::optional<T> (*parse)(std::string_view), const char* what) {
        const Json* value = given(name);
        if (value == nullptr) return T{};
        const std::string* text = value->as_string();
        const std::optional<T> result = text == nullptr ? std::nullopt : parse(*text);
        if (!result) complain(name, what);
        return result.value_or(T{});
    }

    [[nodiscard]] int version(std::string_view name, int least) {
        const Json* value = given(name);
        if (value == nullptr) return 0;
        int number = 0;
        const Json::Number* digits = value->as_number();
        if (digits != nullptr) {
            const char* const end = digits->text.data() + digits->text.size();
            const auto [rest, error] = std::from_chars(digits->text.data(), end, number);
            if (error == std::errc() && rest == end && number >= least) return number;
        }
        complain(name, "is no version");
        return 0;
    }

    [[nodiscard]] order::Money money(std::string_view name) {
        const Json* value = given(name);
        if (value == nullptr) return {};
        const Json::Number* digits = value->as_number();
        const auto money = digits == nullptr ? std::nullopt : order::parse_money(digits->text);
        if (!money) complain(name, "is no amount of money");
        return money.value_or(order::Money{});
    }

    /// Null where there is none.
    [[nodiscard]] order::Payload payload(std::string_view name, bool required) {
        const Json* value = required ? given(name) : object_.find_given(name);
        if (value == nullptr) return nullptr;
        if (value->as_object() == nullptr) return complain(name, "is no object"), nullptr;
        return std::make_shared<const std::string>(documents::render_json(*value));
    }

  private:
    const Json* given(std::string_view name) {
        const Json* value = object_.find_given(name);
        if (value == nullptr) complain(name, "is missing");
        return value;
    }
    void complain(std::string_view name, std::string_view what) {
        if (trouble_.empty()) trouble_.append("its ").append(name).append(" ").append(what);
    }

    const Json& object_;
    std::string trouble_;
};

std::optional<Ack::Status> parse_ack_status(std::string_view text) {
    using enum Ack::Status;
    for (const auto status : {created, updated, deleted, cancelled, status_changed, failed, superseded}) {
        if (ports::to_string(status) == text) return status;
    }
    return std::nullopt;
}

constexpr const char* is_no_uuid = "is no UUID";
constexpr const char* is_no_time = "is no RFC 3339 time";
constexpr const char* is_unknown = "is unknown";

}  // namespace

tl::expected<ports::Event, std::string> decode_event(std::string_view value, std::string request_id,
                                                     std::string traceparent) {
    const auto json = documents::parse_json(value, bounds);
    if (!json) return tl::unexpected(json.error().detail);
    Fields fields(*json);
    ports::Event event{.event_id = fields.parsed("event_id", order::parse_uuid, is_no_uuid),
                       .type = fields.parsed("event_type", order::parse_event_type, is_unknown),
                       .order = nullptr,
                       .request_id = std::move(request_id),
                       .traceparent = std::move(traceparent)};
    auto row = std::make_shared<order::Order>();
    row->id = fields.parsed("order_id", order::parse_order_id, is_no_uuid);
    row->version = fields.version("version", 1);
    row->kind = fields.parsed("kind", order::parse_kind, is_unknown);
    row->customer_id = fields.text("customer_id");
    row->external_id = fields.optional_text("external_id");
    row->status = fields.parsed("status", order::parse_status, is_unknown);
    row->total_amount = fields.money("total_amount");
    row->currency = fields.text("currency");
    row->payload = fields.payload("payload", order::needs_processing(event.type));
    row->updated_at = fields.parsed("timestamp", order::parse_rfc3339, is_no_time);
    if (!fields.trouble().empty()) return tl::unexpected(fields.trouble());
    event.order = std::move(row);
    return event;
}

tl::expected<Ack, std::string> decode_ack(std::string_view value, std::string request_id, std::string traceparent) {
    const auto json = documents::parse_json(value, bounds);
    if (!json) return tl::unexpected(json.error().detail);
    Fields fields(*json);
    Ack ack{.event_id = fields.parsed("event_id", order::parse_uuid, is_no_uuid),
            .order_id = fields.parsed("order_id", order::parse_order_id, is_no_uuid),
            .version = fields.version("version", 1),
            .status = fields.parsed("status", parse_ack_status, is_unknown),
            .order_status = fields.parsed("order_status", order::parse_status, is_unknown),
            .processed_version = fields.version("processed_version", 0),
            .processed_at = fields.parsed("processed_at", order::parse_rfc3339, is_no_time),
            .error = fields.optional_text("error"),
            .request_id = std::move(request_id),
            .traceparent = std::move(traceparent)};
    if (!fields.trouble().empty()) return tl::unexpected(fields.trouble());
    return ack;
}

}  // namespace orderstream::kafka
