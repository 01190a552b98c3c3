#include "service/redeem_metrics.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

namespace stile {

using prometheus::MetricType;

void ShowRedeemDesk(const DeskTotals& totals, MetricFamilies& families) {
  families.Gauge("redeem_queue", "Solutions of hashwx that wait to be checked",
                 static_cast<double>(totals.waiting.load()));
  auto& checks = families.Add("redeem_checks_total", "Solutions of hashwx, by what came of them",
                              MetricType::Counter);
  MetricFamilies::AddCount(checks, {{"result", "solved"}}, totals.solved.load());
  MetricFamilies::AddCount(checks, {{"result", "unsolved"}}, totals.unsolved.load());
  MetricFamilies::AddCount(checks, {{"result", "forgotten"}}, totals.forgotten.load());
  auto& refused =
      families.Add("redeem_queue_refusals_total",
                   "Solutions of hashwx that were told to come again, by why", MetricType::Counter);
  for (std::size_t i = 1; i < totals.refused.size(); ++i) {
    MetricFamilies::AddCount(refused, {{"reason", DeskRefusalName(static_cast<DeskRefusal>(i))}},
                             totals.refused[i].load());
  }

  auto& took = families.Add("redeem_check_duration_seconds",
                            "From when a solution of hashwx came to when it was checked",
                            MetricType::Histogram);
  prometheus::ClientMetric metric;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < totals.took.size(); ++i) {
    sum += totals.took[i].load();
    const bool last = i == DeskTotals::kBounds.size();
    metric.histogram.bucket.push_back(
        {sum, last ? std::numeric_limits<double>::infinity() : DeskTotals::kBounds[i]});
  }
  metric.histogram.sample_count = sum;
  metric.histogram.sample_sum = static_cast<double>(totals.took_micros.load()) / 1e6;
  took.metric.push_back(std::move(metric));
}

}  // namespace stile
