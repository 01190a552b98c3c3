#ifndef STILE_SERVICE_REDIS_BUDGETS_H_
#define STILE_SERVICE_REDIS_BUDGETS_H_

#include <cstddef>
#include <memory>

#include <absl/status/statusor.h>

#include "service/budget_totals.h"
#include "service/config.h"
#include "service/redis_trouble.h"
#include "verifier/budget_merge.h"

namespace stile {

// Tells the other nodes of a fleet what this machine has taken from its budgets, and charges here
// what they have taken, through a stream in the Redis that all share. A thread of its own does so:
// nobody else ever waits for it, and while Redis is away every node counts for itself.
class RedisBudgets {
 public:
  struct Options {
    RedisConfig redis;
    BudgetMerge::Options merge;
  };
  // Starts the thread, which connects. `budgets` have room for what is untold.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RedisBudgets>> Create(
      Options options, std::shared_ptr<Budgets> budgets);

  // Ends the thread.
  ~RedisBudgets();
  RedisBudgets(const RedisBudgets&) = delete;
  RedisBudgets& operator=(const RedisBudgets&) = delete;

  [[nodiscard]] const BudgetTotals& totals() const noexcept;
  // Entries for takings that others haven't heard of; of many, a sample is counted.
  struct Ledgers {
    std::size_t entries = 0;
    std::size_t in_use = 0;
  };
  [[nodiscard]] Ledgers LookAtLedgers() const;
  // Why budgets aren't merged; nothing while they are.
  [[nodiscard]] RedisTrouble Trouble() const;

 private:
  struct State;
  explicit RedisBudgets(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_BUDGETS_H_
