#pragma once

#include <map>
#include <string>
#include <vector>

namespace orderstream::kafka {

/// Why a property of the user's is refused: `name` as given, `detail` goes on after it in a sentence.
struct PropertyProblem {
    std::string name;
    std::string detail;
};

/// All that is wrong with them: what librdkafka does not know or take, and what correctness depends on.
[[nodiscard]] std::vector<PropertyProblem> check_properties(const std::map<std::string, std::string>& properties);

}  // namespace orderstream::kafka
