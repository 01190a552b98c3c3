#ifndef STILE_VERIFIER_POLICY_TEXT_DEFAULT_POLICY_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_DEFAULT_POLICY_TABLE_H_

#include <toml++/toml.h>

#include "verifier/policy/default_rules.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the table `default_policy` of a policy file: what the operator chooses about the default
// rules. What is wrong goes to `errors`.
[[nodiscard]] DefaultChoices ReadDefaultChoices(const toml::table& table, FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_DEFAULT_POLICY_TABLE_H_
