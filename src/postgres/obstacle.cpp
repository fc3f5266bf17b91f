#include "postgres/obstacle.h"

#include <string_view>

namespace orderstream::postgres {
namespace {

Obstacle::Kind kind_of(const Failure& failure) {
    const std::string_view sqlstate = failure.sqlstate();
    if (failure.connection_lost()) return Obstacle::Kind::away;
    if (sqlstate == "55006") return Obstacle::Kind::in_use;
    // Too many connections or no memory; it is told to end, or starts; its disk fails; somebody was in the way.
    for (const std::string_view passing : {"40", "53", "55", "57", "58"}) {
        if (sqlstate.starts_with(passing)) return Obstacle::Kind::away;
    }
    return Obstacle::Kind::refused;
}

}  // namespace

Obstacle obstacle_of(const Failure& failure) { return {kind_of(failure), failure.what()}; }

}  // namespace orderstream::postgres
