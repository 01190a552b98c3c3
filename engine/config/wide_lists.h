#ifndef STILE_ENGINE_CONFIG_WIDE_LISTS_H_
#define STILE_ENGINE_CONFIG_WIDE_LISTS_H_

#include "challenge/error.h"
#include "verifier/policy/policy.h"

namespace stile {

// What is never taken, whether at start, on reload or from what was recorded: lists that an agent
// of `policy` names and that hold much of the internet (VastPart). Nobody crawls from all of that.
// CompilePolicies asks for it. The places of errors are the lists' names.
[[nodiscard]] Errors CheckWideLists(const Policy& policy);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_WIDE_LISTS_H_
