#ifndef STILE_TESTS_SIMULATION_BUDGET_COURIER_H_
#define STILE_TESTS_SIMULATION_BUDGET_COURIER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string_view>

#include "tests/simulation/agenda.h"
#include "tests/simulation/budget_log.h"
#include "tests/simulation/random.h"
#include "verifier/budget_merge.h"

namespace stile::simulation {

// Mistakes that merging budgets could make, each built in on purpose.
enum class BudgetMutant : std::uint8_t {
  kNone,
  kToldTwice,      // What has no answer is said again.
  kOwnCharged,     // A machine charges what it said itself.
  kUnsentIsTold,   // What the store refused is taken for said.
  kCappedAtBurst,  // A charge takes what is there, and nothing is owed.
  kLateCharged,    // What lay in a store that hung is charged all the same.
  kHeardTwice,     // Whoever takes the seat over hears everything again.
  kOnlyHeavyTold,  // Takings of less than half a burst are kept back.
  kHeardByClock,   // Where the log's clock went back, reading goes on from what it says now.
  kCount,
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(BudgetMutant::kCount)>
    kBudgetMutantNames = {"none",           "told-twice",      "own-charged",
                          "unsent-is-told", "capped-at-burst", "late-charged",
                          "heard-twice",    "only-heavy-told", "heard-by-clock"};

// One process of a machine that merges: the real BudgetMerge, and around it what BudgetSession does
// with a connection, here with a BudgetLog.
class BudgetCourier {
 public:
  struct Place {
    Agenda& agenda;
    Random& random;
    BudgetLog& log;
    std::int64_t clock_offset;  // Of the machine, in milliseconds.
    BudgetMutant mutant;
  };
  BudgetCourier(const Place& place, std::shared_ptr<Budgets> budgets, std::uint64_t boot,
                std::uint32_t who);

  static constexpr std::chrono::milliseconds kInterval{1'000};

  // Begins its rounds, each of which plans the next.
  void Start(const std::shared_ptr<BudgetCourier>& self);
  // As kill -9 does.
  void Kill() { killed_ = true; }

  [[nodiscard]] UnixMillis Now() const;
  bool link_cut = false;

 private:
  struct Letter {
    BudgetMerge::Telling telling;
    Instant collected;
    bool sent;
  };
  void Round();
  void Tell();
  void Begin();
  void BeginBehind(std::uint64_t last);
  void Read();
  void Hear(const BudgetLog::Entry& entry);
  void ChargeWhatIsThere(const BudgetMessage& message);
  void Drop();
  // Called with an answer, if the connection is still the one it was said over.
  [[nodiscard]] BudgetLog::Answered IfStill(std::function<void(const BudgetLog::Reply&)> then);

  Place place_;
  std::shared_ptr<Budgets> budgets_;
  std::uint64_t boot_;
  BudgetMerge merge_;
  BudgetMerge other_;  // As of another boot: it charges what is its own.
  std::weak_ptr<BudgetCourier> self_;
  std::deque<Letter> outbox_;
  bool killed_ = false;
  bool seated_ = false;
  bool was_seated_ = false;
  std::uint64_t connection_ = 0;
  std::size_t open_ = 0;  // Answers that are yet to come.
  Instant open_since_ = 0;
  Instant next_round_ = 0;
  bool connected_ = false;
  UnixMillis log_time_;
  Instant log_time_at_ = 0;
  std::uint64_t read_from_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_BUDGET_COURIER_H_
