#ifndef STILE_TOOL_REVOKE_H_
#define STILE_TOOL_REVOKE_H_

#include <string>
#include <string_view>
#include <vector>

#include "tool/control_client.h"

namespace stile {

struct RevokeOptions {
  ControlOptions control;
  std::string clearance;  // An id, a clearance's text, a cookie's value, or name=value.
  std::string period;     // "1d"; empty: until no edition of it can be alive.
  bool undo = false;
  bool list = false;
};

// The ids in `text`, as hexadecimal digits: itself if it is one, else those of the clearances that
// it holds. Empty: there is none. What a clearance says is not checked here.
[[nodiscard]] std::vector<std::string> ClearanceIdsIn(std::string_view text);

// Tells a running stiled that clearances count no more, or do again, or prints those that don't.
// Returns the exit status: 0 once it holds, 1 if it was refused or nobody answers, 2 for what can't
// be meant.
[[nodiscard]] int RunRevoke(const RevokeOptions& options);

}  // namespace stile

#endif  // STILE_TOOL_REVOKE_H_
