#ifndef STILE_SERVICE_REDEEM_METRICS_H_
#define STILE_SERVICE_REDEEM_METRICS_H_

#include "service/metric_families.h"
#include "service/redeem_desk.h"

namespace stile {

// What metrics say of the solutions that are checked by a thread of their own.
void ShowRedeemDesk(const DeskTotals& totals, MetricFamilies& families);

}  // namespace stile

#endif  // STILE_SERVICE_REDEEM_METRICS_H_
