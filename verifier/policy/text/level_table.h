#ifndef STILE_VERIFIER_POLICY_TEXT_LEVEL_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_LEVEL_TABLE_H_

#include <vector>

#include <toml++/toml.h>

#include "verifier/level.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the table `level` of a policy file, or none (null). Returns its levels completed with the
// built-in ones and sorted by rank; what is wrong with them, floors included, goes to `errors`.
[[nodiscard]] std::vector<Level> ReadLevels(const toml::table* levels, FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_LEVEL_TABLE_H_
