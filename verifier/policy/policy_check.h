#ifndef STILE_VERIFIER_POLICY_POLICY_CHECK_H_
#define STILE_VERIFIER_POLICY_POLICY_CHECK_H_

#include "challenge/error.h"
#include "verifier/policy/policy.h"

namespace stile {

inline constexpr std::size_t kMaxThresholds = 16;
inline constexpr std::size_t kMaxAgents = 256;
inline constexpr std::size_t kMaxRegexes = 1024;
inline constexpr std::size_t kMaxRangesOfPolicy = 2'000'000;
inline constexpr std::int32_t kMaxWeight = 1000;

// Returns every mistake of a policy whose levels and names have been completed, in the order of
// levels, agents, rules, thresholds and default. Also bounds what a program may have put together
// without a file: nothing deeper than Matchers::kMaxDepth is looked at.
[[nodiscard]] Errors MistakesInPolicy(const PolicySource& source);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_POLICY_CHECK_H_
