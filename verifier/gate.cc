#include "verifier/gate.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace stile {

Gate::Gate(ClearanceCheck check, std::shared_ptr<const Policy> policy, GateMode mode,
           std::shared_ptr<const ReverseNames> names, std::shared_ptr<Budgets> budgets)
    : Gate(std::move(check), policy,
           std::make_shared<const GateSwitches>(mode, policy->rules().size()), std::move(names),
           std::move(budgets)) {}

Gate::Gate(ClearanceCheck check, std::shared_ptr<const Policy> policy,
           std::shared_ptr<const GateSwitches> switches, std::shared_ptr<const ReverseNames> names,
           std::shared_ptr<Budgets> budgets, std::shared_ptr<EffortControl> effort)
    : check_(std::move(check)),
      policy_(std::move(policy)),
      names_(std::move(names)),
      budgets_(std::move(budgets), policy_, check_.site_id()),
      switches_(std::move(switches)),
      effort_(std::move(effort)),
      attack_(DemandOf(*policy_->LevelFor(255))) {}

Gate::Demand Gate::DemandOf(const Level& level) noexcept {
  return {level.AcceptedRank(), level.rank, EffortDemand::Of(level)};
}

Gate::Demand Gate::DemandOf(const PolicyMatch& match, GateMode mode) const noexcept {
  if (mode == GateMode::kAttack || match.attack) return attack_;
  if (match.action == Action::kChallenge) return {match.rank, match.level_rank, {}};
  // A rule that lets pass, until its budget is spent.
  const Level& level = *policy_->LevelFor(policy_->default_rank());
  return {level.AcceptedRank(), level.rank, {}};
}

void Gate::Pass(Decision& decision) noexcept {
  decision.action = Action::kAllow;
  decision.verdict = Verdict::kAbsent;
  decision.finding.verdict = Verdict::kAbsent;
  decision.by_mode = true;
}

Decision Gate::Decide(const Request& request, UnixMillis now) const noexcept {
  Decision decision;
  decision.mode = switches_->mode();
  if (decision.mode == GateMode::kOpen) {
    Pass(decision);
    return decision;
  }
  check_.Find(request, now, decision.finding);
  Judge(request, now, decision);
  return decision;
}

void Gate::DecideAll(std::span<const Request> requests, UnixMillis now,
                     std::span<Decision> decisions) const noexcept {
  ClearanceBatch batch;
  const std::size_t all = std::min(requests.size(), decisions.size());
  for (std::size_t begin = 0; begin < all; begin += ClearanceBatch::kSize) {
    const std::size_t end = std::min(begin + ClearanceBatch::kSize, all);
    for (std::size_t i = begin; i < end; ++i) {
      decisions[i] = Decision{};
      Look(requests[i], now, batch, decisions[i]);
    }
    batch.Settle();
    for (std::size_t i = begin; i < end; ++i) Judge(requests[i], now, decisions[i]);
  }
}

void Gate::Look(const Request& request, UnixMillis now, ClearanceBatch& batch,
                Decision& decision) const noexcept {
  decision.mode = switches_->mode();
  if (decision.mode == GateMode::kOpen) return Pass(decision);
  check_.Find(request, now, batch, decision.finding);
}

// On the hot path, in its one place there.
[[gnu::always_inline]] inline PolicyMatch Gate::Weigh(const Request& request, UnixMillis now,
                                                      const RuleSwitches* switches,
                                                      Decision& decision) const noexcept {
  const ClearanceFinding& finding = decision.finding;
  const bool valid = finding.verdict == Verdict::kValid;
  ClientFacts facts;
  facts.rank_held = decision.rank_held;
  facts.names = names_.get();
  facts.now = now;
  PolicyMatch match = policy_->Match(request, facts, switches);
  decision.rule = match.rule;
  decision.shadow_rule = match.shadow_rule;
  decision.killed_rule = match.killed_rule;
  decision.threshold = match.threshold;
  decision.agent_to_ask = match.agent_to_ask;
  decision.exempt = match.exempt;
  decision.action = match.action;

  if (match.action == Action::kChallenge) {
    const Demand demand = DemandOf(match, decision.mode);
    decision.rank_needed = demand.rank;
    decision.level_rank = demand.level_rank;
    const bool graced = finding.in_grace && !IsSafeMethod(request.method);
    if ((valid || graced) && finding.clearance.rank >= demand.rank &&
        demand.effort.IsMetBy(finding.clearance.puzzle, finding.clearance.effort_log2)) {
      decision.action = Action::kAllow;
      decision.by_grace = !valid;
    }
  }
  return match;
}

inline void Gate::PassInShadow(Decision& decision) noexcept {
  if (decision.mode != GateMode::kShadow || decision.action == Action::kAllow) return;
  decision.action = Action::kAllow;
  decision.by_mode = true;
}

void Gate::Judge(const Request& request, UnixMillis now, Decision& decision) const noexcept {
  if (decision.mode == GateMode::kOpen) return;
  const ClearanceFinding& finding = decision.finding;
  decision.verdict = finding.verdict;
  decision.roams = finding.roams;
  if (finding.verdict == Verdict::kValid) decision.rank_held = finding.clearance.rank;
  budgets_.Prefetch(request, finding);
  const PolicyMatch match = Weigh(request, now, &switches_->rules(), decision);
  if (match.action == Action::kChallenge) HeedEffort(request, match, now, decision);
  if (decision.action != Action::kDeny) Charge(request, match, now, decision);
  PassInShadow(decision);
}

inline void Gate::HeedEffort(const Request& request, const PolicyMatch& match, UnixMillis now,
                             Decision& decision) const noexcept {
  if (effort_ == nullptr) return;
  if (decision.action == Action::kAllow) {
    if (!effort_->DemandsOfHeld() || decision.by_grace) return;
    const Clearance& held = decision.finding.clearance;
    const std::uint64_t configured = policy_->LevelFor(decision.level_rank)->EffortOf(held.puzzle);
    if (!effort_->AsksHeld(held, configured, IsSafeMethod(request.method), now)) return;
    decision.action = Action::kChallenge;
    decision.held_asked = true;
    return;
  }
  const bool attack = decision.mode == GateMode::kAttack || match.attack;
  if (attack || decision.level_rank > policy_->default_rank()) return;
  if (!effort_->PassesUnasked(now)) return;
  decision.action = Action::kAllow;
  decision.unasked = true;
}

Decision Gate::Foresee(const Request& request, std::uint8_t rank, Puzzle puzzle,
                       std::uint8_t effort_log2, GateMode mode, UnixMillis now) const noexcept {
  Decision decision;
  decision.mode = mode;
  if (mode == GateMode::kOpen) {
    Pass(decision);
    return decision;
  }
  decision.finding.verdict = rank == 0 ? Verdict::kAbsent : Verdict::kValid;
  decision.finding.clearance.rank = rank;
  decision.finding.clearance.puzzle = puzzle;
  decision.finding.clearance.effort_log2 = effort_log2;
  decision.verdict = decision.finding.verdict;
  decision.rank_held = rank;
  (void)Weigh(request, now, nullptr, decision);
  PassInShadow(decision);
  return decision;
}

void Gate::Charge(const Request& request, const PolicyMatch& match, UnixMillis now,
                  Decision& decision) const noexcept {
  if (decision.action == Action::kChallenge) {
    if (!budgets_.ChargeChallenge(request, match.cost, now)) decision.verdict = Verdict::kLimited;
    return;
  }
  const ClearanceFinding& finding = decision.finding;
  const bool cleared = finding.verdict == Verdict::kValid || decision.by_grace;
  const BudgetFinding found = cleared
                                  ? budgets_.ChargeCleared(request, finding.clearance, match, now)
                                  : budgets_.ChargeUncleared(request, match, now);
  if (found.verdict == BudgetVerdict::kWithin) return;
  decision.verdict = Verdict::kLimited;
  decision.by_grace = decision.unasked = false;
  if (found.verdict == BudgetVerdict::kOver) {
    decision.action = Action::kDeny;
    decision.retry_after = (found.wait_ms + 999) / 1000;
    return;
  }
  const Demand demand = DemandOf(match, decision.mode);
  decision.action = Action::kChallenge;
  decision.rank_needed = demand.rank;
  decision.level_rank = demand.level_rank;
}

}  // namespace stile
