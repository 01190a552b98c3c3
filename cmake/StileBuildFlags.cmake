# stile_build_flags: how Stile's own sources are compiled and linked. Link it PRIVATE; StileLibrary
# and StileTest do it for you. It never reaches a consumer.
#
# The baseline is the compiler's default x86-64. Faster instructions live in their own translation
# units, chosen at run time, so nothing here says -march.

add_library(stile_build_flags INTERFACE)

target_compile_options(stile_build_flags INTERFACE
  -Wall -Wextra -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<BOOL:${STILE_WERROR}>:-Werror>
  -fstack-protector-strong)
target_link_options(stile_build_flags INTERFACE
  -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

# GCC clears and copies objects of some 50 to 250 bytes with `rep stos` and `rep movs`, which take 10
# ns to get going: a good part of what a check may cost. Vector stores take 2.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  target_compile_options(stile_build_flags INTERFACE
    -mmemset-strategy=vector_loop:256:noalign,libcall:-1:noalign
    -mmemcpy-strategy=vector_loop:256:noalign,libcall:-1:noalign)
endif()

# Fortified calls need an optimizer and get in a sanitizer's way.
if(NOT STILE_SANITIZE AND NOT STILE_FUZZ)
  target_compile_options(stile_build_flags INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()

# Sanitizers and coverage change the ABI of what they touch, so they apply to every target.
if(STILE_SANITIZE)
  add_compile_options(-fsanitize=${STILE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STILE_SANITIZE})
  # GCC warns of the fences in Asio's headers, which ThreadSanitizer doesn't see.
  if(STILE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-tsan>)
  endif()
endif()
if(STILE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "STILE_FUZZ needs clang; use the preset: cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
