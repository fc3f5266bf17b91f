#include "documents/checkout.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "documents/fields.h"
#include "documents/sha256.h"
#include "order/limits.h"
#include "order/money.h"

namespace orderstream::documents {

namespace {

namespace limits = order::limits;
using order::Money;

constexpr Length any_name{.min = 1, .max = limits::text_characters_max};

Json money_json(Money money) { return Json(Json::Number{order::to_string(money)}); }

/// Reads one body into a change and gathers everything that is wrong with it.
class CheckoutReader {
  public:
    CheckoutReader(Json body, order::Verb verb) : body_(std::move(body)), fields_(body_, "", problems_) {
        change_.kind = order::Kind::checkout;
        change_.verb = verb;
    }
    CheckoutReader(const CheckoutReader&) = delete;
    CheckoutReader& operator=(const CheckoutReader&) = delete;

    [[nodiscard]] tl::expected<order::Change, Invalid> read(bool want_create_hash, order::Uuid7Source& item_ids) {
        if (body_.as_object() == nullptr) return tl::unexpected(not_an_object());
        Json::Object document;
        document.reserve(7);
        document.emplace_back("customer_id", read_customer());
        document.emplace_back("email", read_email());
        document.emplace_back("currency", read_currency());
        document.emplace_back("items", read_items());
        document.emplace_back("metadata", read_metadata());
        document.emplace_back("shipping_address", read_address("shipping_address"));
        document.emplace_back("billing_address", read_address("billing_address"));
        if (!problems_.empty()) return tl::unexpected(invalid_fields(std::move(problems_)));
        return finish(Json(std::move(document)), want_create_hash, item_ids);
    }

  private:
    Json read_customer() {
        const auto uuid = fields_.uuid("customer_id");
        if (!uuid) return {};
        change_.customer_id = order::to_string(*uuid);
        return Json(change_.customer_id);
    }

    Json read_email() {
        const std::string* email = fields_.email("email");
        if (email == nullptr) return {};
        change_.document.email = *email;
        return Json(*email);
    }

    Json read_currency() {
        if (fields_.has("currency")) {
            if (const std::string* currency = fields_.currency("currency")) change_.document.currency = *currency;
        }
        return Json(change_.document.currency);
    }

    Json read_items() {
        const Json::Array* items = fields_.list("items");
        if (items == nullptr) return {};
        Json::Array normalised;
        normalised.reserve(items->size());
        item_totals_.reserve(items->size());
        for (std::size_t i = 0; i < items->size(); ++i) {
            normalised.push_back(read_item((*items)[i], "/items/" + std::to_string(i)));
        }
        read_total();
        return Json(std::move(normalised));
    }

    Json read_item(const Json& item, std::string pointer) {
        if (item.as_object() == nullptr) {
            problems_.push_back({std::move(pointer), "must be an object"});
            return {};
        }
        Fields fields(item, std::move(pointer), problems_);
        const auto product_id = fields.uuid("product_id");
        const std::string* name = fields.text("name", any_name);
        const auto price = fields.price("price");
        const auto quantity = fields.quantity("quantity");
        if (price && quantity) item_totals_.push_back(order::times(*price, *quantity));
        if (!product_id || name == nullptr || !price || !quantity) return {};

        Json::Object normalised;
        normalised.reserve(6);  // with what finish() adds
        normalised.emplace_back("product_id", order::to_string(*product_id));
        normalised.emplace_back("name", *name);
        normalised.emplace_back("price", money_json(*price));
        normalised.emplace_back("quantity", Json::Number{std::to_string(*quantity)});
        return Json(std::move(normalised));
    }

    /// Of the items that could be read, so that a sum too large is named beside what is wrong with the others.
    void read_total() {
        std::optional<Money> total = Money();
        for (const std::optional<Money>& item_total : item_totals_) {
            total = total && item_total ? order::plus(*total, *item_total) : std::nullopt;
        }
        if (total && total->cents() <= limits::price_cents_max) {
            change_.document.total_amount = *total;
        } else {
            fields_.complain("items",
                             "the total must be at most " + order::to_string(Money::of_cents(limits::price_cents_max)));
        }
    }

    Json read_metadata() {
        if (!fields_.has("metadata")) return {};
        const Json* metadata = fields_.object("metadata");
        if (metadata == nullptr) return {};
        if (render_json(*metadata).size() > limits::metadata_bytes) {
            fields_.complain("metadata", "must be at most " + std::to_string(limits::metadata_bytes) + " bytes long");
            return {};
        }
        return *metadata;
    }

    Json read_address(const char* name) {
        if (!fields_.has(name)) return {};
        const Json* address = fields_.object(name);
        if (address == nullptr) return {};
        Fields fields(*address, std::string("/") + name, problems_);
        Json::Object normalised;
        for (const char* part : {"street", "city", "state", "country", "zip_code"}) {
            const bool is_optional = part == std::string_view("state");
            if (is_optional && !fields.has(part)) continue;
            const Length length{.min = is_optional ? 0U : 1U, .max = limits::text_characters_max};
            if (const std::string* text = fields.text(part, length)) normalised.emplace_back(part, *text);
        }
        return Json(std::move(normalised));
    }

    /// The server's part, and the payload's text.
    [[nodiscard]] tl::expected<order::Change, Invalid> finish(Json document, bool want_create_hash,
                                                              order::Uuid7Source& item_ids) {
        if (want_create_hash) change_.create_hash = sha256(canonical_json(document));
        auto total = item_totals_.begin();
        for (Json& item : *document.find("items")->as_array()) {
            Json::Object& members = *item.as_object();
            members.emplace(members.begin(), "id", order::to_string(item_ids.next()));
            members.emplace_back("total", money_json(**total++));
        }
        std::string payload = render_json(document);
        if (payload.size() > limits::body_bytes) return tl::unexpected(too_large_to_store("the order"));
        payload.shrink_to_fit();  // it holds no more memory than Change::bytes() counts
        change_.document.payload = std::make_shared<const std::string>(std::move(payload));
        return std::move(change_);
    }

    Json body_;
    Problems problems_;
    Fields fields_;
    order::Change change_;
    std::vector<std::optional<Money>> item_totals_;  // none: past any limit
};

}  // namespace

tl::expected<order::Change, Invalid> parse_checkout(Json body, order::Verb verb, bool want_create_hash,
                                                    order::Uuid7Source& item_ids) {
    return CheckoutReader(std::move(body), verb).read(want_create_hash, item_ids);
}

void append_checkout_order(std::string& out, const order::Order& row) {
    constexpr std::size_t other_fields_bytes = 256;
    const std::string_view document = row.payload ? std::string_view(*row.payload) : "{}";
    out.reserve(out.size() + other_fields_bytes + document.size());
    out.append(R"({"id":")");
    order::append_uuid(out, row.id.uuid);
    out.append(R"(","status":")").append(order::to_string(row.status));
    out.append(R"(","total_amount":)");
    order::append_money(out, row.total_amount);
    if (!row.failure_reason.empty()) {
        out.append(R"(,"failure_reason":)");
        append_json_string(out, row.failure_reason);
    }
    out.append(R"(,"created_at":")");
    order::append_rfc3339(out, row.created_at);
    out.append(R"(","updated_at":")");
    order::append_rfc3339(out, row.updated_at);
    out.append(document == "{}" ? "\"" : "\",").append(document.substr(1));
}

}  // namespace orderstream::documents
