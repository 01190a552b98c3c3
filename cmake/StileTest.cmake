# stile_test(<name> SOURCES <x_test.cc>... [DEPS <target>...] [LABELS <label>...]
#            [TIMEOUT <seconds>] [SERIAL])
#
# makes the GoogleTest program bin/tests/<name>, whose every test case is one CTest test. gtest,
# gmock and gtest_main come with it; STILE_SOURCE_DIR is the source root as a string, for vectors.
# Each case gets TIMEOUT seconds, 60 by default. SERIAL cases run alone. Label a case `full` if it
# is too long for the short tier: scripts/test.sh leaves it out, scripts/test.sh --full runs it.
# The target unit_tests builds all of them. A name ends in _test, by which CTest can pick them.
#
#   stile_test(binding_test SOURCES binding_test.cc DEPS stile::challenge)

find_package(GTest REQUIRED)
include(GoogleTest)
add_custom_target(unit_tests)

function(stile_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stile_test(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT name MATCHES "^[a-z0-9_]+_test$")
    message(FATAL_ERROR "stile_test(${name}): the name must end in _test")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(unit_tests ${name})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_compile_definitions(${name} PRIVATE STILE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE
    ${arg_DEPS} GTest::gmock GTest::gtest_main stile_build_flags)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/tests")
  set(properties TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    list(APPEND properties LABELS "${arg_LABELS}")
  endif()
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name}
    TEST_PREFIX "${name}."
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES ${properties})
endfunction()
