#ifndef STILE_SERVICE_RULE_NAME_H_
#define STILE_SERVICE_RULE_NAME_H_

#include <cstdint>
#include <string_view>

#include "verifier/policy/policy.h"

namespace stile {

// What metrics, logs and proxies are told where no rule decided. No rule can have this name.
inline constexpr std::string_view kDefaultRule = "_default";

// The name of the rule with this index, as in PolicyMatch. Borrowed from `policy`.
[[nodiscard]] inline std::string_view RuleName(const Policy& policy, std::uint16_t rule) {
  return rule < policy.rules().size() ? std::string_view(policy.rules()[rule].name) : kDefaultRule;
}

}  // namespace stile

#endif  // STILE_SERVICE_RULE_NAME_H_
