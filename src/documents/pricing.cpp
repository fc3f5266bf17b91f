#include "documents/pricing.h"

#include <initializer_list>
#include <optional>
#include <utility>

#include "order/decimal.h"

namespace orderstream::documents {

namespace {

using order::Decimal;
using order::DecimalSum;

std::optional<Decimal> as_decimal(const Json& value) {
    if (const auto* number = value.as_number()) return Decimal::parse(number->text);
    if (const auto* text = value.as_string()) return Decimal::parse(*text);
    return std::nullopt;
}

/// Reckons one document's price and gathers what is wrong with it.
class Pricer {
  public:
    explicit Pricer(std::string_view prefix) : prefix_(prefix) {}

    void complain(std::string_view pointer, std::string detail) {
        problems_.push_back({std::string(prefix_).append(pointer), std::move(detail)});
    }

    void price_amount(const Json& amount, std::string_view pointer) {
        if (const auto decimal = as_decimal(amount)) {
            set_total(*decimal, pointer);
        } else {
            complain(pointer, not_a_number);
        }
    }

    void price_items(const Json::Array& items, std::initializer_list<std::string_view> quantity_names) {
        DecimalSum sum;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const auto price = read(items[i], i, {"price"});
            const auto quantity = read(items[i], i, quantity_names);
            if (!price) continue;
            sum.add(quantity ? *price * *quantity : *price);
        }
        if (problems_.empty()) set_total(sum.total(), "/items");
    }

    void take_currency(const Json& currency, std::string_view pointer) {
        const std::string* text = currency.as_string();
        if (text != nullptr && order::is_currency(*text)) {
            priced_.currency = *text;
        } else {
            complain(pointer, "must be three capital letters");
        }
    }

    [[nodiscard]] Pricing take() {
        if (!problems_.empty()) return tl::unexpected(std::move(problems_));
        return std::move(priced_);
    }

  private:
    static constexpr const char* not_a_number = "must be a number";

    /// The first of the item's members that is given under one of the names.
    std::optional<Decimal> read(const Json& item, std::size_t index, std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) {
            const Json* value = item.find_given(name);
            if (value == nullptr) continue;
            auto decimal = as_decimal(*value);
            if (!decimal) complain("/items/" + std::to_string(index) + "/" + std::string(name), not_a_number);
            return decimal;
        }
        return std::nullopt;
    }

    void set_total(const Decimal& total, std::string_view pointer) {
        const auto money = total.to_money();
        if (total.is_negative()) {
            complain(pointer, "the total must not be negative");
        } else if (!money) {
            complain(pointer, "the total must be less than 10000000000000000");
        } else {
            priced_.total_amount = *money;
        }
    }

    std::string_view prefix_;
    Problems problems_;
    PricedDocument priced_;
};

std::string in_one_sentence(const Problems& problems) {
    constexpr std::size_t named_max = 5;
    std::string sentence;
    for (std::size_t i = 0; i < problems.size() && i < named_max; ++i) {
        if (i > 0) sentence += "; ";
        sentence.append(problems[i].pointer).append(": ").append(problems[i].detail);
    }
    if (problems.size() > named_max) sentence += "; and " + std::to_string(problems.size() - named_max) + " more";
    return sentence;
}

}  // namespace

Pricing price_generic(const Json& payload, std::string_view prefix) {
    Pricer pricer(prefix);
    const Json* items = payload.find_given("items");
    if (const Json* amount = payload.find_given("amount")) {
        pricer.price_amount(*amount, "/amount");
    } else if (items != nullptr && items->as_array() != nullptr) {
        pricer.price_items(*items->as_array(), {"quantity", "qty"});
    }
    if (const Json* currency = payload.find_given("currency")) pricer.take_currency(*currency, "/currency");
    return pricer.take();
}

Pricing price_marketplace(const Json& document, std::string_view prefix) {
    Pricer pricer(prefix);
    const Json* payment = document.find_given("payment");
    const Json* amount = payment == nullptr ? nullptr : payment->find_given("amount");
    const Json* currency = payment == nullptr ? nullptr : payment->find_given("currency");
    if (amount == nullptr) {
        pricer.complain("/payment/amount", "is required");
    } else {
        pricer.price_amount(*amount, "/payment/amount");
    }
    if (currency == nullptr) {
        pricer.complain("/payment/currency", "is required");
    } else {
        pricer.take_currency(*currency, "/payment/currency");
    }
    return pricer.take();
}

Pricing price_checkout(const Json& document, std::string_view prefix) {
    Pricer pricer(prefix);
    const Json* items = document.find_given("items");
    if (items == nullptr || items->as_array() == nullptr) {
        pricer.complain("/items", "must be an array");
    } else {
        pricer.price_items(*items->as_array(), {"quantity"});
    }
    if (const Json* currency = document.find_given("currency")) pricer.take_currency(*currency, "/currency");
    return pricer.take();
}

Pricing price_document(order::Kind kind, const Json& document, std::string_view prefix) {
    switch (kind) {
        case order::Kind::generic: return price_generic(document, prefix);
        case order::Kind::marketplace: return price_marketplace(document, prefix);
        case order::Kind::checkout: return price_checkout(document, prefix);
    }
    return price_generic(document, prefix);
}

tl::expected<PricedDocument, std::string> price(order::Kind kind, std::string_view payload) {
    const auto document = parse_json(payload);
    if (!document) return tl::unexpected(document.error().detail);
    return price_document(kind, *document, "").map_error(in_one_sentence);
}

}  // namespace orderstream::documents
