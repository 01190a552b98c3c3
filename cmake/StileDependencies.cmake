# Where each dependency of the libraries enters. Rooms link these names:
#
#   OpenSSL::Crypto   SHA-256, HKDF, RSA, EC
#   Sodium::Sodium    Ed25519, randomness, wiping, constant-time compare
#   RE2::RE2          regular expressions, behind a literal prefilter
#   tl::expected      errors; header-only
#   stile_toml        toml++ without exceptions and without its shared library; header-only
#   Threads::Threads
#
# service/ and tool/ find what only they use (Boost, abseil, spdlog, ...) in their own
# CMakeLists.txt; tests and benches get GoogleTest and Google Benchmark from StileTest.

find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(Sodium REQUIRED)
find_package(RE2 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Threads REQUIRED)

find_path(STILE_TOML_INCLUDE_DIR toml++/toml.h REQUIRED)
mark_as_advanced(STILE_TOML_INCLUDE_DIR)
add_library(stile_toml INTERFACE)
target_include_directories(stile_toml SYSTEM INTERFACE "${STILE_TOML_INCLUDE_DIR}")
target_compile_definitions(stile_toml INTERFACE TOML_HEADER_ONLY=1 TOML_EXCEPTIONS=0)
