#ifndef STILE_TOOL_REFERENCE_REPORT_H_
#define STILE_TOOL_REFERENCE_REPORT_H_

#include <string>

#include "challenge/reference.h"
#include "challenge/unix_millis.h"
#include "tool/deployment.h"

namespace stile {

// Prints what `reference` says: when it was, at which node, for which site, what was done and why,
// and the name of the rule if the policy at hand has it; and whether this installation made it.
// Returns whether it did. `deployment` is the installation at `config` today, or null if there is
// none. One from before the epochs that a ring holds is checked with a ring of its own time.
[[nodiscard]] bool PrintReference(const SealedReference& reference, const std::string& config,
                                  const Deployment* deployment, UnixMillis now);

}  // namespace stile

#endif  // STILE_TOOL_REFERENCE_REPORT_H_
