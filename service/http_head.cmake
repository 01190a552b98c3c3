# stile_http_head: the strict reader of request heads and chunked bodies. Needs nothing but libc, so
# that tests and fuzz targets link it alone.
add_library(stile_http_head STATIC
  "${CMAKE_CURRENT_LIST_DIR}/head_syntax.cc"
  "${CMAKE_CURRENT_LIST_DIR}/request_head.cc"
  "${CMAKE_CURRENT_LIST_DIR}/chunked_body.cc")
target_include_directories(stile_http_head PUBLIC "${PROJECT_SOURCE_DIR}")
target_compile_features(stile_http_head PUBLIC cxx_std_20)
target_link_libraries(stile_http_head PRIVATE stile_build_flags)
