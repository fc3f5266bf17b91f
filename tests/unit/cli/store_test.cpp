#include "cli/store.h"

#include <gtest/gtest.h>

#include "postgres/connection.h"

namespace orderstream::cli {
namespace {

config::Postgres parts() {
    config::Postgres postgres;
    postgres.host = "db";
    postgres.port = 5433;
    postgres.user = "me";
    postgres.database = "orders";
    postgres.ssl_mode = "require";
    return postgres;
}

TEST(PostgresDsn, IsTheOneThatWasGiven) {
    config::Postgres postgres = parts();
    postgres.dsn = "postgresql://other/else";
    EXPECT_EQ(postgres_dsn(postgres), "postgresql://other/else");
}

TEST(PostgresDsn, IsMadeOfTheParts) {
    EXPECT_EQ(postgres_dsn(parts()), "host='db' port='5433' user='me' dbname='orders' sslmode='require'");
    EXPECT_EQ(postgres::problem_with_dsn(postgres_dsn(parts())), std::nullopt);
}

TEST(PostgresDsn, KeepsAnyPassword) {
    config::Postgres postgres = parts();
    postgres.password = R"(it's a \ "word" host=else)";
    const std::string dsn = postgres_dsn(postgres);
    EXPECT_NE(dsn.find(R"(password='it\'s a \\ "word" host=else')"), std::string::npos) << dsn;
    EXPECT_EQ(postgres::problem_with_dsn(dsn), std::nullopt);
    EXPECT_EQ(postgres::place_of(dsn), "db:5433/orders");
}

TEST(PlaceOf, ShowsNoSecret) {
    EXPECT_EQ(postgres::place_of("postgresql://me:secret@db:5432/orders?sslmode=disable"), "db:5432/orders");
    EXPECT_EQ(postgres::place_of("not a dsn"), "/");
}

TEST(ProblemWithDsn, NamesWhatIsNotUnderstood) {
    const auto problem = postgres::problem_with_dsn("postgresql://db/orders?colour=red");
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->find("colour"), std::string::npos) << *problem;
}

}  // namespace
}  // namespace orderstream::cli
