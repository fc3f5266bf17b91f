# The libraries of others, all from Debian 12's packages (scripts/install-deps says which package serves what).
# Imported targets are SYSTEM by nature: their headers raise no warnings here.

set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json url container system)
find_package(tl-expected REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Threads REQUIRED)
if(NOT ORDERSTREAM_TESTS STREQUAL "none")
    find_package(GTest REQUIRED CONFIG)
endif()

# Asio's features that we never use, and that would cost compile time or bring in deprecated names.
add_library(orderstream_asio INTERFACE)
target_link_libraries(orderstream_asio INTERFACE Boost::headers Boost::system Threads::Threads)
target_compile_definitions(orderstream_asio INTERFACE
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX)
