#ifndef STILE_TOOL_STATUS_H_
#define STILE_TOOL_STATUS_H_

#include "tool/control_client.h"

namespace stile {

struct StatusOptions {
  ControlOptions control;
  bool json = false;
  bool live = false;
};

// Prints how a running stiled is: what is wrong and what to do first of all, then sites and keys.
// Returns the exit status: 0 if it serves and nothing is wrong, 1 if something is or nobody
// answers.
//
// With `live` it prints nothing, and 0 says that stiled answers and each of its event loops does,
// whatever else may be wrong: what is to restart a process should ask no more.
[[nodiscard]] int RunStatus(const StatusOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_STATUS_H_
