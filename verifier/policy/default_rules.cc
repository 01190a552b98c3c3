#include "verifier/policy/default_rules.h"

namespace stile {

std::vector<Rule> DefaultRules(const DefaultChoices&) { return {}; }

}  // namespace stile
