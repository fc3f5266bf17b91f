# Which folder of src/ may know which. Dependencies point one way: doors and adapters -> pipeline -> order,
# and only cli knows concrete adapters. Three checks keep it so:
#   - a folder that links another one it may not know fails the configuration (orderstream_library);
#   - a file that includes a folder its own does not link fails the build (scripts/check-architecture);
#   - some libraries are let in by one folder only, the pure ones know no I/O at all (the same script).

set(ORDERSTREAM_FOLDERS order documents ports pipeline telemetry config sqlite postgres kafka inprocess cache redis http cli)

set(ORDERSTREAM_MAY_USE_order "")
set(ORDERSTREAM_MAY_USE_documents order)
set(ORDERSTREAM_MAY_USE_ports order)
set(ORDERSTREAM_MAY_USE_telemetry order)
set(ORDERSTREAM_MAY_USE_config order telemetry)
set(ORDERSTREAM_MAY_USE_pipeline order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_sqlite order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_postgres order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_kafka order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_inprocess order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_cache order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_redis order documents ports telemetry)
set(ORDERSTREAM_MAY_USE_http order documents ports pipeline telemetry)
set(ORDERSTREAM_MAY_USE_cli ${ORDERSTREAM_FOLDERS})
list(REMOVE_ITEM ORDERSTREAM_MAY_USE_cli cli)

# Called by orderstream_library: refuses forbidden dependencies, remembers the others.
function(orderstream_declare_dependencies folder)
    if(NOT folder IN_LIST ORDERSTREAM_FOLDERS)
        message(FATAL_ERROR "src/${folder} is not in ORDERSTREAM_FOLDERS (cmake/architecture.cmake)")
    endif()
    set(uses "")
    foreach(library IN LISTS ARGN)
        string(REGEX REPLACE "^orderstream_" "" name "${library}")
        if(library MATCHES "^orderstream_" AND name IN_LIST ORDERSTREAM_FOLDERS)
            if(NOT name IN_LIST ORDERSTREAM_MAY_USE_${folder})
                message(FATAL_ERROR
                    "src/${folder} may not depend on src/${name}. It may know: ${ORDERSTREAM_MAY_USE_${folder}} (cmake/architecture.cmake)")
            endif()
            list(APPEND uses ${name})
        endif()
    endforeach()
    set_property(GLOBAL PROPERTY ORDERSTREAM_USES_${folder} "${uses}")
    set_property(GLOBAL APPEND PROPERTY ORDERSTREAM_DECLARED ${folder})
endfunction()

# A target that every build runs (it takes some milliseconds): includes must match what was declared.
function(orderstream_check_architecture)
    get_property(declared GLOBAL PROPERTY ORDERSTREAM_DECLARED)
    set(table "")
    foreach(folder IN LISTS declared)
        get_property(uses GLOBAL PROPERTY ORDERSTREAM_USES_${folder})
        list(JOIN uses " " uses)
        string(APPEND table "${folder}: ${uses}\n")
    endforeach()
    file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/dependencies.txt" CONTENT "${table}")
    add_custom_target(check_architecture ALL
        COMMAND "${PROJECT_SOURCE_DIR}/scripts/check-architecture" "${PROJECT_BINARY_DIR}/dependencies.txt"
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
        COMMENT "Checking that folders include only what they link"
        VERBATIM)
    foreach(folder IN LISTS declared)
        get_target_property(type orderstream_${folder} TYPE)
        if(NOT type STREQUAL "INTERFACE_LIBRARY")
            add_dependencies(orderstream_${folder} check_architecture)
        endif()
    endforeach()
endfunction()
