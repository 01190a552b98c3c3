#ifndef STILE_VERIFIER_POLICY_TEXT_EFFORT_TEXT_H_
#define STILE_VERIFIER_POLICY_TEXT_EFFORT_TEXT_H_

#include <toml++/toml.h>

#include "verifier/effort/effort_options.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the table `effort` of a policy file, or none (null). What is wrong goes to `errors`.
[[nodiscard]] EffortOptions ReadEffortOptions(const toml::table* table, FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_EFFORT_TEXT_H_
