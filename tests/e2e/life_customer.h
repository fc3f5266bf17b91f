#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "e2e/life_orders.h"
#include "e2e/life_store.h"
#include "e2e/support/http_client.h"

namespace orderstream::e2e {

/// What its customer was told of an order, and what must therefore be true of it.
struct Told {
    std::string id;
    std::string external_id;
    std::string payload;
    std::string status;  ///< done, deleted or cancelled
    long long cents = 0;
    int version = 0;
    std::string updated_at;  ///< of that version when it was processed; empty: not seen
    bool accepted = false;   ///< 202, and not yet seen processed
};

/// A customer with orders that nobody else touches, who remembers every answer and expects the next one to agree with
/// it; what does not is a failure of the running test. Used by one thread at a time.
class Customer {
  public:
    explicit Customer(std::uint64_t seed, std::string id = new_customer());

    enum class Heard {
        done,      ///< an answer that agrees
        accepted,  ///< 202: stored, to be processed
        refused,   ///< 503: nothing was accepted
        unknown,   ///< 504: stored or not, unsettled until settle()
    };
    /// Asks for something, at random. When the connection breaks, what was asked is unsettled until settle().
    Heard act(HttpConnection& connection);
    /// Whether something is unsettled.
    [[nodiscard]] bool in_doubt() const { return unsettled_.has_value(); }
    /// The last answer has ended its connection.
    [[nodiscard]] bool was_sent_off() const { return sent_off_; }
    /// Asks for a new order.
    Heard create_one(HttpConnection& connection);

    /// What was asked when the connection broke may have happened or not: finds out, and expects nothing in between.
    /// For a server that has come to rest. True when there was something to find out.
    bool settle(HttpConnection& connection);

    /// Every order is there as told, processed, and nothing else of this customer is.
    void expect_kept(const StoredOrders& rows) const;
    /// From now on a processed version must not be touched again.
    void remember_updates(const StoredOrders& rows);

    [[nodiscard]] const std::vector<Told>& orders() const { return orders_; }

  private:
    enum class Verb { create, read, update, remove, cancel };
    struct Asked {
        Verb verb = Verb::create;
        HttpRequest request;
        std::size_t place = 0;  ///< of the order in orders_
        Document sent;
        bool with_key = false;
    };

    [[nodiscard]] Asked ask_for_new();
    [[nodiscard]] Asked ask_about(std::size_t place);
    [[nodiscard]] Document next_document();
    Heard ask(HttpConnection& connection, Asked asked);
    void hear(const Asked& asked, const HttpResponse& response);
    void hear_row(Told& told, const HttpResponse& response) const;
    void apply(const Asked& asked, bool accepted = false);
    void add(const std::string& id, const Document& sent, bool accepted = false);

    std::mt19937_64 random_;
    const std::string id_;
    std::vector<Told> orders_;
    std::optional<Asked> unsettled_;
    int documents_ = 0;
    bool sent_off_ = false;
};

}  // namespace orderstream::e2e
