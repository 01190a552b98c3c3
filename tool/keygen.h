#ifndef STILE_TOOL_KEYGEN_H_
#define STILE_TOOL_KEYGEN_H_

#include <string>

namespace stile {

struct KeygenOptions {
  std::string config;  // Its key file says which ids are taken; "" or unreadable: none.
  int id = 0;          // 1 to 255; 0: the smallest that the key file doesn't use.
};

// Prints one new [[key]] entry on stdout. Returns the exit status.
[[nodiscard]] int RunKeygen(const KeygenOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_KEYGEN_H_
