#include "ports/event_bus.h"

namespace orderstream::ports {

std::string_view to_string(Ack::Status status) {
    switch (status) {
        case Ack::Status::created: return "created";
        case Ack::Status::updated: return "updated";
        case Ack::Status::deleted: return "deleted";
        case Ack::Status::cancelled: return "cancelled";
        case Ack::Status::status_changed: return "status_changed";
        case Ack::Status::failed: return "failed";
        case Ack::Status::superseded: return "superseded";
    }
    return "";
}

}  // namespace orderstream::ports
