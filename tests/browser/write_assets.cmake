# Writes the assets of the page to FOLDER with the program DUMP.
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
execute_process(COMMAND "${DUMP}" assets "${FOLDER}" COMMAND_ERROR_IS_FATAL ANY)
