#ifndef STILE_VERIFIER_POLICY_TEXT_BUDGET_TEXT_H_
#define STILE_VERIFIER_POLICY_TEXT_BUDGET_TEXT_H_

#include <optional>
#include <string_view>

#include <toml++/toml.h>

#include "verifier/policy/budget_terms.h"
#include "verifier/policy/text/table_reader.h"
#include "verifier/rate.h"

namespace stile {

// Reads a budget at `key` of a table: { requests = 600, per = "10m", burst = 300 }, or "none",
// which is a rate of 0. Without burst all of them may come at once. Returns nothing if there is no
// such key, or one that is wrong; what is wrong goes to `errors`. Where it stands goes to `place`,
// unless that is null.
[[nodiscard]] std::optional<Rate> ReadBudget(TableReader& reader, std::string_view key,
                                             FileErrors& errors, FilePlace* place = nullptr);

// Reads the table `budgets` of a policy file, or none (null).
[[nodiscard]] BudgetRules ReadBudgetRules(const toml::table* table, FileErrors& errors);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_TEXT_BUDGET_TEXT_H_
