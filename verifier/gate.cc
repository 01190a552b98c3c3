#include "verifier/gate.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "challenge/alternative.h"

namespace stile {

Gate::Gate(ClearanceCheck check, std::shared_ptr<const Policy> policy, GateMode mode,
           std::shared_ptr<const ReverseNames> names)
    : check_(std::move(check)),
      policy_(std::move(policy)),
      names_(std::move(names)),
      mode_(mode),
      attack_(DemandOf(*policy_->LevelFor(255))) {}

// The least effort among the alternatives, so that whoever solves what the level offers satisfies
// it; a level that offers `wait` asks for none.
Gate::Demand Gate::DemandOf(const Level& level) noexcept {
  int effort_log2 = level.alternative_count == 0 ? 0 : 64;
  for (std::size_t i = 0; i < level.alternative_count && i < kMaxAlternatives; ++i) {
    const Alternative& a = level.alternatives[i];
    const int proven = a.puzzle == Puzzle::kWait ? 0 : std::bit_width(a.effort) - 1;
    effort_log2 = std::min(effort_log2, std::max(proven, 0));
  }
  Demand demand;
  demand.rank = level.AcceptedRank();
  demand.level_rank = level.rank;
  demand.effort_log2 = static_cast<std::uint8_t>(effort_log2);
  return demand;
}

void Gate::Pass(Decision& decision) noexcept {
  decision.action = Action::kAllow;
  decision.verdict = Verdict::kAbsent;
  decision.finding.verdict = Verdict::kAbsent;
  decision.by_mode = true;
}

Decision Gate::Decide(const Request& request, UnixMillis now) const noexcept {
  Decision decision;
  if (mode_ == GateMode::kOpen) {
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
  if (mode_ == GateMode::kOpen) return Pass(decision);
  check_.Find(request, now, batch, decision.finding);
}

void Gate::Judge(const Request& request, UnixMillis now, Decision& decision) const noexcept {
  if (mode_ == GateMode::kOpen) return;
  const ClearanceFinding& finding = decision.finding;
  decision.verdict = finding.verdict;
  decision.roams = finding.roams;
  const bool valid = finding.verdict == Verdict::kValid;
  if (valid) decision.rank_held = finding.clearance.rank;

  ClientFacts facts;
  facts.rank_held = decision.rank_held;
  facts.names = names_.get();
  facts.now = now;
  const PolicyMatch match = policy_->Match(request, facts);
  decision.rule = match.rule;
  decision.shadow_rule = match.shadow_rule;
  decision.threshold = match.threshold;
  decision.agent_to_ask = match.agent_to_ask;
  decision.exempt = match.exempt;
  decision.action = match.action;

  if (match.action == Action::kChallenge) {
    Demand demand{match.rank, match.level_rank, 0};
    if (mode_ == GateMode::kAttack) demand = attack_;
    decision.rank_needed = demand.rank;
    decision.level_rank = demand.level_rank;
    const bool graced = finding.in_grace && !IsSafeMethod(request.method);
    if ((valid || graced) && finding.clearance.rank >= demand.rank &&
        finding.clearance.effort_log2 >= demand.effort_log2) {
      decision.action = Action::kAllow;
      decision.by_grace = !valid;
    }
  }
  if (mode_ == GateMode::kShadow && decision.action != Action::kAllow) {
    decision.action = Action::kAllow;
    decision.by_mode = true;
  }
}

}  // namespace stile
