#ifndef STILE_TOOL_RELOAD_H_
#define STILE_TOOL_RELOAD_H_

#include "tool/control_client.h"

namespace stile {

// Makes a running stiled read its files again. Returns the exit status: 0 if it serves them now, 1
// with every mistake on stderr, as file:line:column, if they are refused, or if nobody answers.
// `force` takes lists of agents that shrank by more than half or hold much of the internet.
[[nodiscard]] int RunReload(const ControlOptions& options, bool force = false);

}  // namespace stile

#endif  // STILE_TOOL_RELOAD_H_
