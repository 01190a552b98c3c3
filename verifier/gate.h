#ifndef STILE_VERIFIER_GATE_H_
#define STILE_VERIFIER_GATE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "challenge/key_ring.h"
#include "challenge/puzzle/puzzle.h"
#include "challenge/unix_millis.h"
#include "verifier/budget_check.h"
#include "verifier/clearance_batch.h"
#include "verifier/clearance_check.h"
#include "verifier/effort/effort_control.h"
#include "verifier/effort_demand.h"
#include "verifier/gate_mode.h"
#include "verifier/gate_switches.h"
#include "verifier/policy/policy.h"
#include "verifier/request.h"
#include "verifier/verdict.h"

namespace stile {

// What to do with one request, and why. A default one refuses.
struct Decision {
  Action action = Action::kNone;
  // On the request's clearance, or kLimited where a budget decides: with kDeny the clearance's is
  // spent, with kChallenge that of the client's addresses, and the challenge is a dearer one.
  // kAbsent, unread, with kOpen.
  Verdict verdict = Verdict::kNone;
  std::uint8_t rank_held = 0;    // 0 without a valid clearance.
  std::uint8_t rank_needed = 0;  // 0 where nothing is asked.
  std::uint8_t level_rank = 0;   // Of the level to ask; see PolicyMatch.
  std::uint16_t rule = 65535;    // As in PolicyMatch.
  std::uint16_t shadow_rule = 65535;
  std::uint16_t killed_rule = 65535;  // As in PolicyMatch.
  std::uint16_t threshold = 65535;
  std::uint16_t agent_to_ask = 65535;
  bool exempt = false;                 // As in PolicyMatch.
  bool by_grace = false;               // An expired clearance carried an unsafe method.
  bool by_mode = false;                // The mode, not the policy, let it pass.
  bool unasked = false;                // A rule challenges, but it is quiet: it passes.
  bool held_asked = false;             // Its clearance would do, but must prove more now.
  GateMode mode = GateMode::kEnforce;  // That it was made in.
  std::uint8_t roams = 0;              // As in ClearanceFinding.
  // Seconds until there is enough in the budget that denies; 0 where none does.
  std::uint32_t retry_after = 0;
  ClearanceFinding finding;

  friend bool operator==(const Decision&, const Decision&) noexcept = default;
};

// Decides about the requests of one site. Immutable but for its switches; safe to share between
// threads. A request meets one mode, whatever is switched meanwhile.
class Gate {
 public:
  // Without `names` nothing is known by reverse DNS. Without `budgets` nothing is counted. Without
  // `effort` line 5 does nothing. In
  // `mode`, and every rule as its policy says, for good.
  Gate(ClearanceCheck check, std::shared_ptr<const Policy> policy, GateMode mode,
       std::shared_ptr<const ReverseNames> names = nullptr,
       std::shared_ptr<Budgets> budgets = nullptr);
  // As `switches` stand at each request; they have as many rules as the policy.
  Gate(ClearanceCheck check, std::shared_ptr<const Policy> policy,
       std::shared_ptr<const GateSwitches> switches, std::shared_ptr<const ReverseNames> names,
       std::shared_ptr<Budgets> budgets, std::shared_ptr<EffortControl> effort = nullptr);

  // The order, stopping where a line says so:
  //   1 kOpen: allow, with `by_mode`
  //   2 clearance: the best finding over the cookies -> rank held
  //   3 policy: the first enforced rule -> allow, deny, or a rank needed; under kAttack, and for a
  //     rule that is switched to it, the highest level takes the place of the one that it asks
  //   4 challenge: allow if the rank held suffices, or an unsafe method has a clearance in grace
  //     that would have
  //   5 effort: while it is quiet, allow at the default level and below, with `unasked`, but for
  //     kAttack; while it has pressed for long, challenge a clearance that proved too little for
  //     that, with `held_asked`
  //   6 budgets: what passes is charged to the clearance and to all clearances of its addresses, or
  //     else to its addresses; what is challenged, to its addresses. Spent is the clearance's:
  //     deny, with kLimited; its addresses': challenge, with kLimited
  //   7 kShadow: what would have been refused is allowed, with `by_mode`
  // Does not allocate, block, log, throw or read a clock.
  [[nodiscard]] Decision Decide(const Request& request, UnixMillis now) const noexcept;

  // Decides about each request as Decide does, into the decision of the same index; there are as
  // many of both. The MACs are computed side by side, some at a time. Allocates nothing.
  void DecideAll(std::span<const Request> requests, UnixMillis now,
                 std::span<Decision> decisions) const noexcept;

  // Decide in two steps, for requests that several gates decide about at the same time: lines 1 and
  // 2 into `decision`, a default one, then, once `batch` is settled, the rest.
  void Look(const Request& request, UnixMillis now, ClearanceBatch& batch,
            Decision& decision) const noexcept;
  void Judge(const Request& request, UnixMillis now, Decision& decision) const noexcept;

  // What Decide would make of `request` in `mode`, with every rule as written, if lines 1 and 2 had
  // found a valid clearance of this rank that proved this effort by this puzzle, or none where the
  // rank is 0. Leaves lines 5 and 6 out, and charges nobody.
  [[nodiscard]] Decision Foresee(const Request& request, std::uint8_t rank, Puzzle puzzle,
                                 std::uint8_t effort_log2, GateMode mode,
                                 UnixMillis now) const noexcept;

  [[nodiscard]] const Policy& policy() const noexcept { return *policy_; }
  [[nodiscard]] const ClearanceCheck& check() const noexcept { return check_; }
  [[nodiscard]] const BudgetCheck& budgets() const noexcept { return budgets_; }
  [[nodiscard]] GateMode mode() const noexcept { return switches_->mode(); }

 private:
  // What a challenge asks for.
  struct Demand {
    std::uint8_t rank = 255;        // That must be held.
    std::uint8_t level_rank = 255;  // Of the level to ask.
    EffortDemand effort;            // That must have been proven.
  };
  // Line 1.
  static void Pass(Decision& decision) noexcept;
  [[nodiscard]] static Demand DemandOf(const Level& level) noexcept;
  // What is asked where `match` challenges, in `mode`.
  [[nodiscard]] Demand DemandOf(const PolicyMatch& match, GateMode mode) const noexcept;
  // Lines 3 and 4, with what line 2 found in `decision` and in its mode. Null: no rule is switched.
  PolicyMatch Weigh(const Request& request, UnixMillis now, const RuleSwitches* switches,
                    Decision& decision) const noexcept;
  // Line 7.
  static void PassInShadow(Decision& decision) noexcept;
  // Line 5, for a request that `match` challenges.
  void HeedEffort(const Request& request, const PolicyMatch& match, UnixMillis now,
                  Decision& decision) const noexcept;
  // Line 6, once `decision` is made by `match`.
  void Charge(const Request& request, const PolicyMatch& match, UnixMillis now,
              Decision& decision) const noexcept;

  ClearanceCheck check_;
  std::shared_ptr<const Policy> policy_;
  std::shared_ptr<const ReverseNames> names_;
  BudgetCheck budgets_;
  std::shared_ptr<const GateSwitches> switches_;
  std::shared_ptr<EffortControl> effort_;  // Null: what is configured is asked, of everybody.
  Demand attack_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_GATE_H_
