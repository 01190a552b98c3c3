#ifndef STILE_VERIFIER_RULE_NAME_H_
#define STILE_VERIFIER_RULE_NAME_H_

#include <string_view>

#include "verifier/gate.h"
#include "verifier/policy/policy.h"

namespace stile {

// What metrics, logs and proxies are told where no rule decided. No rule can have these names.
inline constexpr std::string_view kDefaultRule = "_default";      // Nothing matched.
inline constexpr std::string_view kThresholdRule = "_threshold";  // A sum of weights.
inline constexpr std::string_view kExemptRule = "_exempt";        // A built-in exemption.

// The name of what decided. Borrowed from `policy`.
[[nodiscard]] inline std::string_view RuleName(const Policy& policy, const Decision& decision) {
  if (decision.rule < policy.rules().size()) return policy.rules()[decision.rule].name;
  if (decision.threshold < policy.thresholds().size()) return kThresholdRule;
  return decision.exempt ? kExemptRule : kDefaultRule;
}

}  // namespace stile

#endif  // STILE_VERIFIER_RULE_NAME_H_
