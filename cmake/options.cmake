# What a build of OrderStream can be told, and the flags that follow from it. The presets are the usual way to say it.

set(ORDERSTREAM_FLAVOUR "dev" CACHE STRING "Name of this build; the names of its tests start with it")
set(ORDERSTREAM_SANITIZE "" CACHE STRING "Sanitizers to build with: empty, address,undefined or thread")
set(ORDERSTREAM_TESTS "all" CACHE STRING "Tests to build: all, threaded (those marked THREADED), e2e or none")
option(ORDERSTREAM_COVERAGE "Count which lines are run" OFF)
option(ORDERSTREAM_LTO "Optimise across translation units" OFF)

set_property(CACHE ORDERSTREAM_TESTS PROPERTY STRINGS all threaded e2e none)
if(NOT ORDERSTREAM_TESTS MATCHES "^(all|threaded|e2e|none)$")
    message(FATAL_ERROR "ORDERSTREAM_TESTS is '${ORDERSTREAM_TESTS}'; it may be all, threaded, e2e or none")
endif()

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

# Development builds keep assertions, the library's own too; -O1 compiles in two thirds of the time of -O2.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# One interface target carries the flags of our own code, so that nothing of them reaches other people's headers.
add_library(orderstream_flags INTERFACE)
target_compile_options(orderstream_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 raises these two inside libstdc++ and coroutine frames, where nothing is wrong (GCC bugs 105651, 105562).
    target_compile_options(orderstream_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(orderstream_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()

# A sanitizer must see all of a program, so these go to everything.
if(ORDERSTREAM_SANITIZE)
    add_compile_options(-fsanitize=${ORDERSTREAM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${ORDERSTREAM_SANITIZE})
    # The instrumented code confuses GCC's flow analysis.
    target_compile_options(orderstream_flags INTERFACE
        $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-tsan>)
endif()
if(ORDERSTREAM_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_link_options(-static-libstdc++ -static-libgcc)
endif()
if(ORDERSTREAM_LTO)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
