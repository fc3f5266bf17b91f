#include "config/secrets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orderstream::config {
namespace {

TEST(Secrets, UrlsAreShownWithoutTheirPassword) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"postgres://shop:s3cret@db:5432/orders", "postgres://shop:***@db:5432/orders"},
        {"postgresql://shop:s3cret@a:1,b:2/orders?sslmode=require",
         "postgresql://shop:***@a:1,b:2/orders?sslmode=require"},
        {"postgres://shop@db/orders", "postgres://shop@db/orders"},
        {"postgres://db:5432/orders", "postgres://db:5432/orders"},
        {"postgres://", "postgres://"},
        {"postgres://shop:s3cr@t@db/orders", "postgres://shop:***@db/orders"},
        {"postgres://shop:s3cr/et@db/orders", "postgres://shop:***@db/orders"},
        {"postgres://shop:s3cr?et@db/orders", "postgres://shop:***@db/orders"},
        {"postgres://:s3cret@db/orders", "postgres://:***@db/orders"},
        {"postgres://db/orders?user=shop&password=s3cret&sslmode=require",
         "postgres://db/orders?user=shop&password=***&sslmode=require"},
        {"postgres://db/orders?sslpassword=s3cret", "postgres://db/orders?sslpassword=***"},
        {"postgres://db/orders?PASSWORD=s3cret", "postgres://db/orders?PASSWORD=***"},
        {"postgres://db/orders?pass%77ord=s3cret", "postgres://db/orders?pass%77ord=***"},
    };
    for (const auto& [dsn, shown] : cases) EXPECT_EQ(without_password(dsn), shown);
}

TEST(Secrets, PairsAreShownWithoutTheirPassword) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"host=db user=shop password=s3cret dbname=orders", "host=db user=shop password=*** dbname=orders"},
        {"password=s3cret", "password=***"},
        {"password = 's3 \\' cret' host = db", "password=*** host=db"},
        {"password=s3\\ cret host=db", "password=*** host=db"},
        {"sslpassword=s3cret  host=db", "sslpassword=*** host=db"},
        {"host='a b' password=''", "host='a b' password=***"},
        {"host= password=s3cret", "host=password=s3cret"},  // libpq reads it so too: the host's name
    };
    for (const auto& [dsn, shown] : cases) EXPECT_EQ(without_password(dsn), shown);
}

TEST(Secrets, WhatCannotBeReadIsHiddenWhole) {
    for (const std::string dsn : {"host=db password='s3cret", "s3cret", "host=db s3cret", "a s3cret=x", "=s3cret"})
        EXPECT_EQ(without_password(dsn), "***") << dsn;
    EXPECT_EQ(without_password(""), "");
}

TEST(Secrets, HiddenTellsOnlyWhetherThereIsSomething) {
    EXPECT_EQ(hidden("s3cret"), "***");
    EXPECT_EQ(hidden("s"), "***");
    EXPECT_EQ(hidden(""), "");
}

TEST(Secrets, KafkaPropertiesThatMayHoldSecrets) {
    for (const std::string name : {"KAFKA_CONF_SASL_PASSWORD", "KAFKA_CONF_SSL_KEY_PASSWORD", "KAFKA_CONF_SSL_KEY_PEM",
                                   "KAFKA_CONF_SASL_OAUTHBEARER_CLIENT_SECRET", "KAFKA_CONF_SASL_OAUTHBEARER_CONFIG"})
        EXPECT_TRUE(is_secret_property(name)) << name;
    for (const std::string name : {"KAFKA_CONF_SECURITY_PROTOCOL", "KAFKA_CONF_SASL_USERNAME", "KAFKA_CONF_LINGER_MS"})
        EXPECT_FALSE(is_secret_property(name)) << name;
}

}  // namespace
}  // namespace orderstream::config
