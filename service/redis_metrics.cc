#include "service/redis_metrics.h"

#include <prometheus/client_metric.h>

#include <cstddef>
#include <limits>
#include <string_view>

namespace stile {

using prometheus::MetricType;

void ShowSpendStore(const RedisTotals& totals, MetricFamilies& families) {
  families.Gauge("spend_store_up", "1 while the shared store of spends is asked",
                 totals.up.load() ? 1 : 0);
  families.Gauge("spend_store_epoch", "The epoch that new response tokens carry",
                 static_cast<double>(totals.epoch.load()));
  families.Gauge("spend_store_waiting", "Spends that wait to be asked about",
                 static_cast<double>(totals.waiting.load()));
  families.Count("spend_store_connects_total", "Connections to the store that came to serve",
                 totals.connects.load());
  families.Count("spend_store_epoch_changes_total",
                 "Times that the store may have forgotten spends, so that tokens of before were "
                 "given up",
                 totals.epoch_changes.load());
  auto& replies = families.Add("spend_store_replies_total", "What became of spends in the store",
                               MetricType::Counter);
  constexpr std::array<std::string_view, 7> kReplies = {
      "none", "fresh", "spent", "repeated", "no-block", "other-epoch", "stale"};
  for (std::size_t i = 0; i < kReplies.size(); ++i) {
    MetricFamilies::AddCount(replies, {{"reply", kReplies[i]}}, totals.replies[i].load());
  }
  auto& unasked =
      families.Add("spend_store_unasked_total",
                   "Spends that the store was not asked about, by the reason", MetricType::Counter);
  MetricFamilies::AddCount(unasked, {{"reason", "epoch-over"}}, totals.refused.load());
  MetricFamilies::AddCount(unasked, {{"reason", "away"}}, totals.away.load());
  MetricFamilies::AddCount(unasked, {{"reason", "late"}}, totals.timed_out.load());
  MetricFamilies::AddCount(unasked, {{"reason", "overflow"}}, totals.overflowed.load());
  families.Count("spend_store_unconfirmed_total",
                 "Spends that too few replicas had in time, and that were refused for it",
                 totals.unconfirmed.load());
  families.Count("spend_store_local_total",
                 "Spends of the store's tokens that this node decided alone (on_store_error)",
                 totals.local.load());

  auto& took = families.Add("spend_store_duration_seconds", "From a question to its answer",
                            MetricType::Histogram);
  prometheus::ClientMetric metric;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < totals.took.size(); ++i) {
    sum += totals.took[i].load();
    const bool last = i == RedisTotals::kBounds.size();
    metric.histogram.bucket.push_back(
        {sum, last ? std::numeric_limits<double>::infinity() : RedisTotals::kBounds[i]});
  }
  metric.histogram.sample_count = sum;
  metric.histogram.sample_sum = static_cast<double>(totals.took_micros.load()) / 1e6;
  took.metric.push_back(std::move(metric));
}

void ShowBudgetMerge(const RedisBudgets& merge, MetricFamilies& families) {
  const BudgetTotals& totals = merge.totals();
  const RedisBudgets::Ledgers ledgers = merge.LookAtLedgers();
  families.Gauge("budget_merge_up", "1 while budgets are merged with those of other nodes",
                 totals.up.load() ? 1 : 0);
  families.Gauge("budget_merge_seated", "1 while this process merges for its machine",
                 totals.seated.load() ? 1 : 0);
  families.Gauge("budget_merge_entries", "Entries for takings that other nodes haven't heard of",
                 static_cast<double>(ledgers.entries));
  families.Gauge("budget_merge_entries_in_use", "Of those, how many are in use",
                 static_cast<double>(ledgers.in_use));
  families.Gauge("budget_merge_letters", "Messages that were made and not answered yet",
                 static_cast<double>(totals.letters.load()));
  families.Count("budget_merge_connects_total", "Connections to the store that came to serve",
                 totals.connects.load());
  auto& costs = families.Add("budget_merge_cost_total",
                             "Cost that this machine told, forgot untold, or charged for others",
                             MetricType::Counter);
  MetricFamilies::AddCount(costs, {{"fate", "told"}}, totals.told.load());
  MetricFamilies::AddCount(costs, {{"fate", "late"}}, totals.late.load());
  MetricFamilies::AddCount(costs, {{"fate", "unanswered"}}, totals.unanswered.load());
  MetricFamilies::AddCount(costs, {{"fate", "torn"}}, totals.torn.load());
  MetricFamilies::AddCount(costs, {{"fate", "charged"}}, totals.charged.load());
  families.Count("budget_merge_unnoted_total",
                 "Takings that found no entry, so that other nodes never hear of them",
                 totals.unnoted.load());
  auto& messages =
      families.Add("budget_merge_messages_total", "Messages of other nodes", MetricType::Counter);
  MetricFamilies::AddCount(messages, {{"result", "charged"}}, totals.heard.load());
  MetricFamilies::AddCount(messages, {{"result", "late"}}, totals.heard_late.load());
  MetricFamilies::AddCount(messages, {{"result", "refused"}}, totals.refused.load());
}

}  // namespace stile
