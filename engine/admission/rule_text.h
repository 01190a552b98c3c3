#ifndef STILE_ENGINE_ADMISSION_RULE_TEXT_H_
#define STILE_ENGINE_ADMISSION_RULE_TEXT_H_

#include <string>

#include "engine/admission/admission_verdict.h"
#include "verifier/gate.h"
#include "verifier/policy/policy.h"

namespace stile {

// The name of the rule of `policy` that made `decision`: "default" where none did.
[[nodiscard]] std::string RuleNameOf(const Policy& policy, const Decision& decision);
// "rule \"block\" of site \"main\"".
[[nodiscard]] std::string NameOf(const RuleShift& rule);
// "1 %", "0.5 %".
[[nodiscard]] std::string PercentText(double share);

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_RULE_TEXT_H_
