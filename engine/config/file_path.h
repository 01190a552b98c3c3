#ifndef STILE_ENGINE_CONFIG_FILE_PATH_H_
#define STILE_ENGINE_CONFIG_FILE_PATH_H_

#include <string>
#include <string_view>

namespace stile {

// Paths as texts: nothing here looks at a file.

// `path`, or `path` under `directory` if it is relative. Empty stays empty.
[[nodiscard]] std::string PathUnder(std::string_view directory, std::string_view path);

// What stands before the last slash of `path`; "." if there is none.
[[nodiscard]] std::string DirectoryOf(std::string_view path);

// The shortest path that says the same where no folder is a link: without "." and empty parts, and
// without ".." behind a folder's name. A slash at the end stays; "." is what becomes of nothing.
[[nodiscard]] std::string NormalPath(std::string_view path);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_FILE_PATH_H_
