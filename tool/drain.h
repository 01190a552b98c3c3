#ifndef STILE_TOOL_DRAIN_H_
#define STILE_TOOL_DRAIN_H_

#include "tool/control_client.h"

namespace stile {

struct DrainOptions {
  ControlOptions control;
  bool no_wait = false;
};

// Makes a running stiled finish what is under way and exit, and waits until it has, with the
// connections that are left on stderr. Returns the exit status: 0 once it is gone, or has begun
// under `no_wait`; 1 if nobody answers.
[[nodiscard]] int RunDrain(const DrainOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_DRAIN_H_
