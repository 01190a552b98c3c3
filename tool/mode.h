#ifndef STILE_TOOL_MODE_H_
#define STILE_TOOL_MODE_H_

#include <string>

#include "tool/control_client.h"

namespace stile {

struct ModeOptions {
  ControlOptions control;
  std::string mode;    // enforce, shadow, open, attack or configured.
  std::string site;    // Empty: every site.
  std::string rule;    // Empty: the site's own mode.
  std::string period;  // "10m"; empty: until it is taken back.
};

// Sets the mode of a running stiled, or switches a rule. Returns the exit status: 0 once it holds,
// 1 if it was refused or nobody answers, 2 for wrong use.
[[nodiscard]] int RunMode(const ModeOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_MODE_H_
