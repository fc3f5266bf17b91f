#include "ports/weight.h"

namespace orderstream::ports {

std::size_t bytes_of(const order::Order& order) {
    std::size_t bytes = sizeof(order) + order.customer_id.size() + order.external_id.size() + order.email.size() +
                        order.failure_reason.size();
    if (order.payload) bytes += sizeof(std::string) + order.payload->size();
    return bytes;
}

}  // namespace orderstream::ports
