#ifndef STILE_TOOL_CHECK_H_
#define STILE_TOOL_CHECK_H_

#include <string>

namespace stile {

struct CheckOptions {
  std::string config;
  std::string file;     // A configuration, a policy or a key file alone; empty: all of `config`.
  bool strict = false;  // A warning is as bad as a mistake.
};

// Prints every mistake on stderr as file:line:column: what to change, and every warning of what is
// allowed and most likely not meant as file:line:column: warning: what happens; on stdout how old
// the lists are, and "ok" if there is no mistake. Returns the exit status: 1 for mistakes, and for
// warnings under `strict`.
[[nodiscard]] int RunCheck(const CheckOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_CHECK_H_
