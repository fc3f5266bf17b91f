# The two shapes of a target: a library per folder of src/, and a test executable per suite.

# orderstream_library(<folder> [SOURCES file...] [PUBLIC library...] [PRIVATE library...])
#
# Makes orderstream_<folder> out of the listed sources (none: headers only). PUBLIC are the libraries its headers
# need, PRIVATE those of its sources alone; other folders are named orderstream_<folder>.
function(orderstream_library folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "orderstream_library(${folder}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    orderstream_declare_dependencies(${folder} ${arg_PUBLIC} ${arg_PRIVATE})

    set(target orderstream_${folder})
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        target_include_directories(${target} PUBLIC "${PROJECT_SOURCE_DIR}/src")
        target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} orderstream_flags)
    else()
        add_library(${target} INTERFACE)
        target_include_directories(${target} INTERFACE "${PROJECT_SOURCE_DIR}/src")
        target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
    endif()
endfunction()

# orderstream_executable(<name> SOURCES file... LIBS library...)
#
# The release build puts it at build/<name>, every other build into its own folder.
function(orderstream_executable name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBS")
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE ${arg_LIBS} orderstream_flags)
    target_compile_definitions(${name} PRIVATE ORDERSTREAM_VERSION="${PROJECT_VERSION}")
    if(ORDERSTREAM_FLAVOUR STREQUAL "release")
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_SOURCE_DIR}/build")
    endif()
endfunction()

# orderstream_test(<name> KIND unit|contract|e2e SOURCES file... [LIBS library...] [THREADED] [ALONE] [TIMEOUT seconds])
#
# One GoogleTest executable, one CTest test `<flavour>/<kind>/<name>`: a process per suite. THREADED suites are those
# that ThreadSanitizer runs too. ALONE suites measure time and get the machine for themselves. An e2e suite finds the
# program under test in the macro ORDERSTREAM_BINARY.
function(orderstream_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "THREADED;ALONE" "KIND;TIMEOUT" "SOURCES;LIBS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_KIND MATCHES "^(unit|contract|e2e)$")
        message(FATAL_ERROR "orderstream_test(${name}): KIND is unit, contract or e2e; unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if((ORDERSTREAM_TESTS STREQUAL "threaded" AND NOT arg_THREADED)
        OR (ORDERSTREAM_TESTS STREQUAL "e2e" AND NOT arg_KIND STREQUAL "e2e"))
        return()
    endif()

    add_executable(${name} ${arg_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
    target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main orderstream_flags)
    if(arg_KIND STREQUAL "e2e")
        target_compile_definitions(${name} PRIVATE ORDERSTREAM_BINARY="$<TARGET_FILE:orderstream>")
        add_dependencies(${name} orderstream)
    endif()

    # The time-outs only end what hangs: they allow for sanitizers and a busy machine.
    if(NOT arg_TIMEOUT)
        set(timeout_unit 120)
        set(timeout_contract 300)
        set(timeout_e2e 600)
        set(arg_TIMEOUT ${timeout_${arg_KIND}})
    endif()
    set(launcher "")
    if(ORDERSTREAM_SANITIZE STREQUAL "thread")
        # GCC 12's ThreadSanitizer cannot place its shadow where the kernel randomises more than 28 bits.
        set(launcher setarch --addr-no-randomize)
    endif()
    set(test "${ORDERSTREAM_FLAVOUR}/${arg_KIND}/${name}")
    add_test(NAME ${test} COMMAND ${launcher} $<TARGET_FILE:${name}> --gtest_brief=1)
    set_tests_properties(${test} PROPERTIES
        TIMEOUT ${arg_TIMEOUT}
        LABELS "${ORDERSTREAM_FLAVOUR};${arg_KIND}"
        ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=0;UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1"
        RUN_SERIAL "$<BOOL:${arg_ALONE}>")
endfunction()
