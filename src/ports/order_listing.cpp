#include "ports/order_listing.h"

namespace orderstream::ports {

ListPosition position_of(const order::Order& order, SortKey key) {
    switch (key) {
        case SortKey::created_at: return {.key = order.created_at, .id = order.id};
        case SortKey::updated_at: return {.key = order.updated_at, .id = order.id};
        case SortKey::total_amount: return {.key = order.total_amount, .id = order.id};
        case SortKey::status: break;
    }
    return {.key = order.status, .id = order.id};
}

}  // namespace orderstream::ports
