#include "e2e/support/new_customer.h"

#include "order/ids.h"

namespace orderstream::e2e {

std::string new_customer() {
    static order::Uuid7Source ids;
    return order::to_string(ids.next());
}

}  // namespace orderstream::e2e
