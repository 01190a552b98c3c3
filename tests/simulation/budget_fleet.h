#ifndef STILE_TESTS_SIMULATION_BUDGET_FLEET_H_
#define STILE_TESTS_SIMULATION_BUDGET_FLEET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/agenda.h"
#include "tests/simulation/budget_courier.h"
#include "tests/simulation/budget_log.h"
#include "tests/simulation/random.h"
#include "verifier/budgets.h"

namespace stile::simulation {

// What came of one run.
struct BudgetOutcome {
  std::string mistake;        // Empty: none.
  std::uint64_t passed = 0;   // Of the one who takes all he can, everywhere.
  std::uint64_t allowed = 0;  // What burst and rate alone allow him.
  double excess = 0;          // The most that he had over the rate in any time, by the bound on it.
  std::uint64_t honest = 0;   // Takings of those who stay within the budget, all of which passed.
  std::uint64_t commands = 0;
  BudgetFaultCounts faults{};
};

// A fleet of two to five machines, each of one or two processes, whose budgets are merged through a
// BudgetLog, with everything going wrong that may. Its real parts: the tables, the ledgers, the
// messages, the seat and BudgetMerge.
//
// One client takes all he can on every machine at once: what passes must stay within the bound of
// docs/state.md. Others go from machine to machine, and take only what one budget for the whole
// fleet would let pass, less what the bound grants: none of it may be refused.
class BudgetFleet {
 public:
  BudgetFleet(std::uint64_t seed, BudgetMutant mutant);
  [[nodiscard]] BudgetOutcome Run();

  // Every fourth seed is of a run in which nothing goes wrong.
  [[nodiscard]] static bool IsQuiet(std::uint64_t seed) { return seed % 4 == 0; }

 private:
  struct Machine {
    std::shared_ptr<Budgets> budgets;
    std::uint64_t boot = 0;
    std::int64_t clock_offset = 0;
    std::vector<std::shared_ptr<BudgetCourier>> processes;
  };
  // A budget as it would be if there were only one, in microseconds.
  struct Exact {
    double burst;
    double rate;  // A second.
    double level = 0;
    Instant at = 0;

    void Flow(Instant now);
    [[nodiscard]] bool Take(double cost, Instant now);
  };

  void StartMachine(Machine& machine);
  [[nodiscard]] std::shared_ptr<BudgetCourier> NewProcess(Machine& machine);
  void PlanFault();
  void DoFault(BudgetFault fault);
  void Grant(Span longest);
  void GreedyTurn(std::size_t machine);
  void HonestTurn(std::size_t who);
  [[nodiscard]] Taking Take(Machine& machine, std::uint64_t who);
  void Blame(const std::string& mistake);

  Agenda agenda_;
  Random random_;
  BudgetLog log_;
  BudgetMutant mutant_;
  bool quiet_;
  bool only_full_;  // Nothing goes wrong but that the store is full again and again.
  bool steady_;     // He who takes all he can takes no more on each machine than the rate.
  Pace pace_;
  double rate_ = 0;
  double burst_ = 0;
  std::vector<Machine> machines_;
  Exact greedy_{};
  double bound_ = 0;
  std::vector<Exact> honest_;
  BudgetOutcome outcome_;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_BUDGET_FLEET_H_
