#ifndef STILE_TOOL_CHECK_H_
#define STILE_TOOL_CHECK_H_

#include <string>

namespace stile {

struct CheckOptions {
  std::string config;
  std::string file;  // A configuration, a policy or a key file alone; empty: all of `config`.
};

// Prints every mistake on stderr as file:line:column: what to change, and "ok" on stdout if there
// is none. Returns the exit status.
[[nodiscard]] int RunCheck(const CheckOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_CHECK_H_
