#ifndef STILE_SERVICE_BUDGET_REPORT_H_
#define STILE_SERVICE_BUDGET_REPORT_H_

#include <string>

#include "challenge/unix_millis.h"
#include "engine/engine.h"
#include "verifier/budgets.h"

namespace stile {

// How full the tables of budgets are at `now` and, `with_heaviest`, who takes most of them, as
// JSON: what /status has under "budgets". Sites are called by their names in `engine`.
[[nodiscard]] std::string BudgetsJson(const Budgets& budgets, const Engine& engine, UnixMillis now,
                                      bool with_heaviest);

}  // namespace stile

#endif  // STILE_SERVICE_BUDGET_REPORT_H_
