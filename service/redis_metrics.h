#ifndef STILE_SERVICE_REDIS_METRICS_H_
#define STILE_SERVICE_REDIS_METRICS_H_

#include "service/metric_families.h"
#include "service/redis_budgets.h"
#include "service/redis_options.h"

namespace stile {

// What metrics say of the shared store of spends.
void ShowSpendStore(const RedisTotals& totals, MetricFamilies& families);

// What they say of merging budgets with other nodes.
void ShowBudgetMerge(const RedisBudgets& merge, MetricFamilies& families);

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_METRICS_H_
