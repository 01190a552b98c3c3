# Runs at installation, since only then the prefix is known: `cmake --install --prefix` may name
# another one than the build did.
file(READ "${stile_unit}" text)
string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/${stile_bindir}/" text "${text}")
string(REPLACE "/usr/share/doc/stile/" "${CMAKE_INSTALL_PREFIX}/${stile_docdir}/" text "${text}")
set(folder "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
message(STATUS "Installing: $ENV{DESTDIR}${folder}/stiled.service")
set(file "$ENV{DESTDIR}${folder}/stiled.service")
file(MAKE_DIRECTORY "$ENV{DESTDIR}${folder}")
file(WRITE "${file}" "${text}")
file(CHMOD "${file}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${folder}/stiled.service")
