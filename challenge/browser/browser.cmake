# What a visitor's browser gets, as one generated C++ file. Sets STILE_BROWSER_SOURCES, for the
# room's stile_library(). The solver is the C++ of puzzle/sha256_search.cc and of puzzle/hashwx_*,
# built for WebAssembly twice: with vectors of 128 bits and without. Whatever compiler builds the rest, clang and lld
# build this.

find_package(Python3 3.7 REQUIRED COMPONENTS Interpreter)
find_program(STILE_WASM_CLANG
  NAMES clang++ clang++-20 clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14
  DOC "clang++ with the target wasm32, for the solver that browsers run")
find_program(STILE_WASM_LD
  NAMES wasm-ld wasm-ld-20 wasm-ld-19 wasm-ld-18 wasm-ld-17 wasm-ld-16 wasm-ld-15 wasm-ld-14
  DOC "lld's linker for WebAssembly")
mark_as_advanced(STILE_WASM_CLANG STILE_WASM_LD)
if(NOT STILE_WASM_CLANG OR NOT STILE_WASM_LD)
  message(FATAL_ERROR
    "The solver that browsers run is built by clang and linked by wasm-ld, also when another "
    "compiler builds the rest: install the packages clang and lld.\n"
    "  clang++: ${STILE_WASM_CLANG}\n  wasm-ld: ${STILE_WASM_LD}\n"
    "Other places: -DSTILE_WASM_CLANG=... -DSTILE_WASM_LD=...")
endif()

set(stile_browser_dir "${CMAKE_CURRENT_LIST_DIR}")
set(stile_browser_out "${CMAKE_CURRENT_BINARY_DIR}/browser")
file(MAKE_DIRECTORY "${stile_browser_out}")

function(stile_wasm_solver output)
  set(sources
    "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_function.cc"
    "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_seed.cc"
    "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_wasm.cc"
    "${PROJECT_SOURCE_DIR}/challenge/puzzle/sha256_search.cc"
    "${stile_browser_dir}/solver_exports.cc")
  # The linker's path, since clang asks for "wasm-ld" alone.
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${STILE_WASM_CLANG}" --target=wasm32 -std=c++20 -O3 ${ARGN}
      -nostdlib -ffreestanding -fno-exceptions -fno-rtti -fuse-ld=${STILE_WASM_LD}
      -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384
      -Wl,--export-table -Wl,--growable-table
      "-I${PROJECT_SOURCE_DIR}" ${sources} -o "${output}"
    DEPENDS ${sources}
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_function.h"
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_seed.h"
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/hashwx_wasm.h"
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/sha256_plain.h"
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/sha256_scan.h"
      "${PROJECT_SOURCE_DIR}/challenge/puzzle/sha256_search.h"
      "${PROJECT_SOURCE_DIR}/challenge/sha256_rounds.h"
    COMMENT "Building the browser's solver ${ARGN}"
    VERBATIM)
endfunction()

stile_wasm_solver("${stile_browser_out}/solver.wasm")
stile_wasm_solver("${stile_browser_out}/solver-simd.wasm" -msimd128)

set(stile_browser_inputs
  build_assets.py unrolled_search.py page.html page.css page.js client.js challenge.js crew.js
  solver.js worker.js)
list(TRANSFORM stile_browser_inputs PREPEND "${stile_browser_dir}/")
file(GLOB stile_browser_translations CONFIGURE_DEPENDS "${stile_browser_dir}/translations/*.json")
list(APPEND stile_browser_inputs ${stile_browser_translations})
add_custom_command(
  OUTPUT "${stile_browser_out}/assets.cc"
  COMMAND "${CMAKE_COMMAND}" -E env PYTHONDONTWRITEBYTECODE=1
    "${Python3_EXECUTABLE}" "${stile_browser_dir}/build_assets.py" "${stile_browser_dir}"
    "${stile_browser_out}/solver.wasm" "${stile_browser_out}/solver-simd.wasm"
    "${stile_browser_out}/assets.cc"
  DEPENDS ${stile_browser_inputs}
    "${stile_browser_out}/solver.wasm" "${stile_browser_out}/solver-simd.wasm"
  COMMENT "Writing the browser's assets"
  VERBATIM)

set(STILE_BROWSER_SOURCES
  browser/asset.cc
  browser/page.cc
  browser/page_language.cc
  "${stile_browser_out}/assets.cc")
