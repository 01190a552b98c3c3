#include "verifier/policy/default_rules.h"

namespace stile {

std::vector<Rule> DefaultRules(const DefaultChoices& choices) {
  static_cast<void>(choices);
  return {};
}

}  // namespace stile
