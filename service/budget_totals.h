#ifndef STILE_SERVICE_BUDGET_TOTALS_H_
#define STILE_SERVICE_BUDGET_TOTALS_H_

#include <atomic>
#include <cstdint>

namespace stile {

// What became of merging budgets with other nodes. Anyone reads it.
struct BudgetTotals {
  using Count = std::atomic<std::uint64_t>;
  // Cost that others were told of, that was never told, by why, and that others took.
  Count told{0};
  Count late{0};        // Older than it may be: the store was away, or had no room.
  Count unanswered{0};  // Said, and nobody knows whether it was heard.
  Count torn{0};        // Of entries whose writer slept for too long.
  Count charged{0};
  // Takings that found no room in the ledger.
  Count unnoted{0};
  // Messages of others: charged, too late to be, and none at all.
  Count heard{0};
  Count heard_late{0};
  Count refused{0};
  Count connects{0};  // Connections that came to serve.
  // Messages that were made and not answered yet. While some are made it is at least 1.
  Count letters{0};
  std::atomic<bool> up{false};
  std::atomic<bool> seated{false};  // This process merges for its machine.
};

}  // namespace stile

#endif  // STILE_SERVICE_BUDGET_TOTALS_H_
