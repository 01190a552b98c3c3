#ifndef STILE_VERIFIER_POLICY_TEXT_THRESHOLD_TABLE_H_
#define STILE_VERIFIER_POLICY_TEXT_THRESHOLD_TABLE_H_

#include <vector>

#include <toml++/toml.h>

#include "verifier/policy/policy.h"
#include "verifier/policy/text/decision_table.h"
#include "verifier/policy/text/table_reader.h"

namespace stile {

// Reads the array `threshold` of a policy file. What is wrong goes to `errors`.
[[nodiscard]] std::vector<Threshold> ReadThresholds(const toml::array& thresholds,
                                                    DecisionReader& decisions, FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_THRESHOLD_TABLE_H_
