#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "http/exchange.h"

namespace orderstream::http {

/// An exchange without a connection: answers that come later are kept until the test takes them.
class FakeExchange final : public Exchange {
  public:
    explicit FakeExchange(const Request& the_request) : Exchange(the_request) {}

    Later answer_later(std::function<void()> on_hang_up) override {
        hang_up = std::move(on_hang_up);
        return [this](Render render) { renders.push_back(std::move(render)); };
    }

    std::function<void()> hang_up;
    std::vector<Render> renders;
};

}  // namespace orderstream::http
