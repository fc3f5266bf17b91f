# The libraries of others, all from Debian 12's packages (scripts/install-deps says which package serves what).
# Imported targets are SYSTEM by nature: their headers raise no warnings here.
#
# The released program carries Boost, SQLite and hiredis along. libpq and librdkafka stay shared libraries (libpq5,
# librdkafka1), and so does OpenSSL: both use it, and a process must not have two of it.

set(Boost_USE_STATIC_LIBS ON)
find_library(SQLite3_LIBRARY NAMES libsqlite3.a sqlite3)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json container system)
find_package(tl-expected REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_path(hiredis_INCLUDE_DIR hiredis/hiredis.h REQUIRED)
find_library(hiredis_LIBRARY NAMES libhiredis.a hiredis REQUIRED)
find_library(RdKafka_LIBRARY NAMES rdkafka REQUIRED)
find_path(RdKafka_INCLUDE_DIR NAMES librdkafka/rdkafka.h REQUIRED)
find_package(Threads REQUIRED)
if(NOT ORDERSTREAM_TESTS STREQUAL "none")
    find_package(GTest REQUIRED CONFIG)
endif()

add_library(RdKafka::rdkafka UNKNOWN IMPORTED)
set_target_properties(RdKafka::rdkafka PROPERTIES
    IMPORTED_LOCATION "${RdKafka_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${RdKafka_INCLUDE_DIR}")
if(ORDERSTREAM_SANITIZE STREQUAL "thread")
    # See there. Whole: nothing of ours names it, only librdkafka does.
    add_library(tsan_librdkafka STATIC cmake/tsan_librdkafka.cpp)
    target_link_libraries(RdKafka::rdkafka INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,tsan_librdkafka>")
endif()

# Its CMake package names no target.
add_library(hiredis::hiredis UNKNOWN IMPORTED)
set_target_properties(hiredis::hiredis PROPERTIES
    IMPORTED_LOCATION "${hiredis_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${hiredis_INCLUDE_DIR}")

# Asio's features that we never use, and that would cost compile time or bring in deprecated names.
add_library(orderstream_asio INTERFACE)
target_link_libraries(orderstream_asio INTERFACE Boost::headers Boost::system Threads::Threads)
target_compile_definitions(orderstream_asio INTERFACE
    BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_REGEX)

# Debian has fmt and spdlog as shared libraries only. As headers they compile some seconds longer per file, so only the
# release does that.
add_library(orderstream_fmt INTERFACE)
add_library(orderstream_spdlog INTERFACE)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_libraries(orderstream_fmt INTERFACE fmt::fmt-header-only)
    target_link_libraries(orderstream_spdlog INTERFACE spdlog::spdlog_header_only orderstream_fmt)
else()
    target_link_libraries(orderstream_fmt INTERFACE fmt::fmt)
    target_link_libraries(orderstream_spdlog INTERFACE spdlog::spdlog)
endif()
