#ifndef STILE_TOOL_STATUS_H_
#define STILE_TOOL_STATUS_H_

#include "tool/control_client.h"

namespace stile {

struct StatusOptions {
  ControlOptions control;
  bool json = false;
};

// Prints how a running stiled is: what is wrong and what to do first of all, then sites and keys.
// Returns the exit status: 0 if it serves and nothing is wrong, 1 if something is or nobody
// answers.
[[nodiscard]] int RunStatus(const StatusOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_STATUS_H_
