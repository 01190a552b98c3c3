# stile_library(<room>
#   HEADERS <x.h>...           public: installed
#   [PRIVATE_HEADERS <x.h>...] not installed
#   SOURCES <x.cc>...
#   [DEPS <target>...]         linked PUBLIC: their types appear in a public header
#   [PRIVATE_DEPS <target>...] linked PRIVATE: used in .cc files only
#   [BUILD_DEPS <target>...])  header-only and used in .cc files only; a consumer never hears of them
#
# makes the static, position-independent library stile_<room> with the alias stile::<room>.
# Paths are relative to the room, and may name subfolders (puzzle/puzzle.h). In the build tree the
# source root is the include path, so a header is included as "challenge/binding.h"; installed it
# is <prefix>/include/stile/challenge/binding.h with include/stile as the include directory.
# tests/headers compiles every header of the tree alone.
#
#   stile_library(verifier
#     HEADERS gate.h verdict.h policy/policy.h
#     SOURCES gate.cc policy/policy.cc
#     DEPS stile::challenge
#     PRIVATE_DEPS RE2::RE2
#     BUILD_DEPS stile_toml)
#
# stile_executable(<name> SOURCES <x.cc>... [DEPS <target>...] [INSTALL])
#
# makes bin/<name>, compiled as Stile's own code, with the source root as include path.
#
# The names of dependencies are in StileDependencies.cmake; tests: see StileTest.cmake.

function(stile_library room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" ""
    "HEADERS;PRIVATE_HEADERS;SOURCES;DEPS;PRIVATE_DEPS;BUILD_DEPS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stile_library(${room}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(target stile_${room})
  add_library(${target} STATIC ${arg_SOURCES} ${arg_PRIVATE_HEADERS})
  add_library(stile::${room} ALIAS ${target})
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${arg_HEADERS})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${room}
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_compile_features(${target} PUBLIC cxx_std_20)
  foreach(dep IN LISTS arg_BUILD_DEPS ITEMS stile_build_flags)
    if(dep)
      list(APPEND build_deps "$<BUILD_INTERFACE:${dep}>")
    endif()
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS} ${build_deps})

  install(TARGETS ${target} EXPORT stile_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT libstile-dev
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stile" COMPONENT libstile-dev)
endfunction()

function(stile_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "" "SOURCES;DEPS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stile_executable(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${arg_DEPS} stile_build_flags)
  if(arg_INSTALL)
    install(TARGETS ${name} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT stiled)
  endif()
endfunction()
