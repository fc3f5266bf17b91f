#pragma once

#include <string>
#include <vector>

namespace orderstream::kafka {

struct Header {
    std::string name;
    std::string value;
    friend bool operator==(const Header&, const Header&) = default;
};
using Headers = std::vector<Header>;

/// What is written to a topic. An empty key is none.
struct Message {
    std::string key;
    std::string value;
    Headers headers;

    [[nodiscard]] std::size_t bytes() const {
        std::size_t bytes = sizeof(*this) + key.size() + value.size();
        for (const Header& header : headers) bytes += sizeof(header) + header.name.size() + header.value.size();
        return bytes;
    }
};

}  // namespace orderstream::kafka
