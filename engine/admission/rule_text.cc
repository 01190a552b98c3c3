#include "engine/admission/rule_text.h"

#include <cmath>

namespace stile {

std::string RuleNameOf(const Policy& policy, const Decision& decision) {
  if (decision.rule < policy.rules().size()) return policy.rules()[decision.rule].name;
  return "default";
}

std::string NameOf(const RuleShift& rule) {
  const std::string name = rule.rule == "default" ? "the default" : "rule \"" + rule.rule + "\"";
  return name + " of site \"" + rule.site + "\"";
}

std::string PercentText(double share) {
  std::string text = std::to_string(std::round(share * 1'000) / 10);
  const std::size_t point = text.find('.');
  const bool whole = point != std::string::npos && text.compare(point, 2, ".0") == 0;
  if (point != std::string::npos) text.resize(whole ? point : point + 2);
  return text + " %";
}

}  // namespace stile
