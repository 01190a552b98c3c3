#ifndef STILE_VERIFIER_POLICY_MISTAKE_POLICY_CHECK_H_
#define STILE_VERIFIER_POLICY_MISTAKE_POLICY_CHECK_H_

#include "challenge/error.h"
#include "verifier/policy/policy.h"

namespace stile {

// Returns every mistake of a policy whose levels, names and agents have been completed, in the
// order of levels, agents, rules, thresholds and default. Bounds what a program may have put
// together without a file: nothing deeper than Matchers::kMaxDepth is looked at.
[[nodiscard]] Errors MistakesInPolicy(const PolicySource& source);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_POLICY_CHECK_H_
