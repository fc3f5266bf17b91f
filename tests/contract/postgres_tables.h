#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orderstream::contract {

/// A database with our schema as somebody with psql meets it, emptied for each test. What its SQL has besides:
///   id_of(n)                          the id of the n-th order, whose bucket is n % 4
///   CALL add_checkout(n, state, name) a processed checkout as the service stores it: 2 chairs of 2.50, a table
///   of 5.00,
///                                     a shipping address; `name` (or nothing) is the chairs'
class PostgresTables : public testing::Test {
  protected:
    PostgresTables();

    [[nodiscard]] static const std::string& database();
    /// What the database answers, as psql prints it; throws when it refuses.
    static std::string sql(const std::string& statement);
    /// What it says when it refuses; else "accepted".
    static std::string refusal(const std::string& statement);

    static void add_checkout(int number, const std::string& status = "confirmed");
    /// "confirmed 10.00 version 1 processed 1"
    static std::string state_of(int number);
    /// The names and totals of the document's items, in its order: "chair 5, table 5".
    static std::string items_of(int number);
};

}  // namespace orderstream::contract
