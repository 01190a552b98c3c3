#ifndef STILE_TESTS_SIMULATION_FLEET_H_
#define STILE_TESTS_SIMULATION_FLEET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/simulation/fleet_mode.h"
#include "tests/simulation/node.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/world.h"

namespace stile::simulation {

// How often one token may pass in a mode at most.
[[nodiscard]] constexpr std::uint64_t MostPasses(Mode mode) noexcept {
  return mode == Mode::kStoreOrLocal ? 2 : 1;
}

// What a run came to.
struct FleetOutcome {
  std::uint64_t events = 0;
  std::uint64_t commands = 0;  // Of the store.
  std::uint64_t issued = 0;
  std::uint64_t not_issued = 0;
  std::uint64_t submitted = 0;
  std::uint64_t accepted = 0;
  std::uint64_t repeats = 0;
  std::uint64_t doubled = 0;
  std::uint64_t most = 0;    // Acceptances of one token.
  std::uint64_t honest = 0;  // Uses of a living token that nobody else tries to use.
  std::uint64_t honest_refused = 0;
  std::uint64_t quiet = 0;  // Of these: nothing was wrong from the token's making on.
  std::uint64_t quiet_refused = 0;
  std::uint64_t most_keys = 0;  // In the store.
  std::uint64_t most_bytes = 0;
  std::uint64_t most_waiting = 0;  // Questions in a node.
  FaultCounts faults{};
  std::string mistake;  // The first; empty if there was none.
};

// Three nodes behind a balancer, visitors who use their tokens once, thieves who use theirs as
// often and in as many places as they can, above all when something has just gone wrong, and
// whoever makes things go wrong.
class Fleet {
 public:
  Fleet(std::uint64_t seed, Mode mode, Mutant mutant, bool trace);

  [[nodiscard]] FleetOutcome Run();

 private:
  struct Token {
    std::string text;
    SpendGrant grant;
    Instant at = 0;
    bool honest = false;
    bool late = false;  // Used as long after as can be.
    bool quiet = false;
    std::uint64_t disturbances = 0;        // When it was made.
    std::string attempt;                   // The honest one's idempotency key.
    std::vector<std::string> accepted_by;  // Of each acceptance; one where the mode promises.
    bool owed = false;                     // A repeat of that has overtaken the verdict itself.
  };

  // fleet.cc: tokens and their use.
  void Tick();
  void GiveToken();
  void UseHonestly(std::size_t token, int tries_left);
  void Steal(std::size_t token);
  void ReplayRecent();
  void Submit(std::size_t token, const std::string& text, const std::string& attempt,
              std::size_t node, Node::Answered heard);
  [[nodiscard]] std::size_t NodeFor(std::size_t token);
  void Judge(std::size_t token, const std::string& attempt, const SpendAnswer& answer);
  void EndHonest(std::size_t token, bool accepted);
  void Mistake(std::string what);
  void Measure();

  // fleet_faults.cc: what goes wrong.
  void PlanFaults();
  void BreakSomething();
  void Disturb(Span lasts);
  void KillNode();
  void StepNodeClock();
  void RotateKeys();
  void BreakStore();
  void BreakRoles();
  void RestartStore(Fault fault);
  void HangStore();
  void CutLink();
  void CutReplication();
  void ForgetInStore();
  void BreakContract();
  void FillStore();
  void StepStoreClock();
  void FailOver();
  void SplitBrain();
  void PromoteAgain();
  void PointEverybodyAt(std::size_t server, Span within);

  World world_;
  FleetOutcome outcome_;
  Oracle oracle_;
  std::vector<Node> nodes_;
  std::array<bool, kNodes> believed_up_{};
  std::vector<Token> tokens_;
  std::set<std::tuple<std::uint16_t, std::uint64_t, std::uint32_t, std::uint64_t>> ids_;
  std::uint64_t credentials_ = 0;

  std::size_t primary_ = 0;
  bool roles_change_ = false;  // One such fault at a time.
  std::size_t key_step_ = 0;
  Instant disturbed_until_ = 0;
  std::uint64_t disturbances_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_FLEET_H_
