# The published ranges that every policy knows, as one generated C++ file: the text of each file in
# lists/, under the file's name. Sets STILE_SHIPPED_LISTS, a source for the room's stile_library().
file(GLOB stile_list_files CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/lists/*.txt")
list(SORT stile_list_files)
set(STILE_LIST_ENTRIES "")
foreach(file IN LISTS stile_list_files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(APPEND STILE_LIST_ENTRIES "    {\"${name}\", R\"ranges(${text})ranges\"},\n")
endforeach()
set(STILE_SHIPPED_LISTS "${CMAKE_CURRENT_BINARY_DIR}/shipped_lists.cc")
configure_file("${CMAKE_CURRENT_LIST_DIR}/shipped_lists.cc.in" "${STILE_SHIPPED_LISTS}" @ONLY)
