# Builds for Debian on aarch64 with Debian's cross compiler; tests run under QEMU.
#
# STILE_AARCH64_SYSROOT holds the libraries of that machine, as scripts/sysroot.sh unpacks them. It
# is no CMAKE_SYSROOT: the cross compiler has its own C and C++ libraries to compile against, and
# the folder's serve the programs when they run.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

set(STILE_AARCH64_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/sysroot-arm64" CACHE PATH
  "Libraries of Debian on aarch64")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STILE_AARCH64_SYSROOT)
get_filename_component(stile_sysroot "${STILE_AARCH64_SYSROOT}" ABSOLUTE)
if(NOT IS_DIRECTORY "${stile_sysroot}")
  message(FATAL_ERROR "${stile_sysroot} is not here: scripts/sysroot.sh arm64 makes it, and "
    "scripts/test_aarch64.sh all of it")
endif()

set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# Headers that differ by architecture, such as OpenSSL's configuration.
foreach(language C CXX)
  set(CMAKE_${language}_STANDARD_INCLUDE_DIRECTORIES
    "${stile_sysroot}/usr/include/aarch64-linux-gnu")
endforeach()

# Libraries that are linked by a bare name, and what libraries need in turn.
set(stile_sysroot_lib "${stile_sysroot}/usr/lib/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-L${stile_sysroot_lib} -Wl,-rpath-link,${stile_sysroot_lib}:${stile_sysroot}/lib/aarch64-linux-gnu")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "${CMAKE_EXE_LINKER_FLAGS_INIT}")

# Programs are this machine's; everything else is the other's.
set(CMAKE_FIND_ROOT_PATH "${stile_sysroot}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR}
  "${stile_sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig:${stile_sysroot}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${stile_sysroot}")

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L "${stile_sysroot}")
