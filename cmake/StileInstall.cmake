# Installs the CMake package `stile`. capi/ installs <stile.h>, libstile.so and stile.pc.
include(CMakePackageConfigHelpers)

set(stile_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stile")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/stile-config.cmake.in"
  "${PROJECT_BINARY_DIR}/stile-config.cmake"
  INSTALL_DESTINATION "${stile_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/stile-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(EXPORT stile_targets
  NAMESPACE stile::
  FILE stile-targets.cmake
  DESTINATION "${stile_package_dir}"
  COMPONENT libstile-dev)
install(FILES
  "${PROJECT_BINARY_DIR}/stile-config.cmake"
  "${PROJECT_BINARY_DIR}/stile-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindSodium.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/FindRE2.cmake"
  DESTINATION "${stile_package_dir}"
  COMPONENT libstile-dev)
