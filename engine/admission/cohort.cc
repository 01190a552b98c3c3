#include "engine/admission/cohort.h"

#include <algorithm>

#include "engine/engine.h"

namespace stile {
namespace {

// The index of the site of `engine` called `name`; its site_count() if there is none.
std::size_t SiteCalled(const Engine& engine, const std::string& name) {
  std::size_t i = 0;
  while (i < engine.site_count() && engine.site_options(i).name != name) ++i;
  return i;
}

}  // namespace

void Cohort::Begin(const Engine& trial, const Engine& serving, std::uint64_t seed) noexcept {
  bool begins_attack = false;
  for (std::size_t i = 0; i < trial.site_count(); ++i) {
    const SiteOptions& site = trial.site_options(i);
    const std::size_t before = SiteCalled(serving, site.name);
    if (i < cells_.size()) {
      const std::size_t cell = before < serving.site_count() ? before : Counters::kSites - 1;
      cells_[i].store(static_cast<std::uint8_t>(std::min(cell, Counters::kSites - 1)),
                      std::memory_order_relaxed);
    }
    const bool attacked =
        before < serving.site_count() && serving.site_options(before).mode == GateMode::kAttack;
    begins_attack = begins_attack || (site.mode == GateMode::kAttack && !attacked);
  }
  skips_attack_.store(is_trial_ && begins_attack, std::memory_order_relaxed);
  seed_.store(seed, std::memory_order_relaxed);
  for (ClientSet* set : {&cleared_, &turned_away_, &bearers_, &unhonoured_}) set->Clear();
}

void Cohort::Note(const Decision& decision, std::uint64_t bearer) noexcept {
  if (decision.action == Action::kServe || decision.mode == GateMode::kOpen) return;
  const Verdict found = decision.finding.verdict;
  if (bearer != 0) {
    bearers_.Add(bearer);
    if (found == Verdict::kUnknownKey || found == Verdict::kForged) unhonoured_.Add(bearer);
  }
  if (found != Verdict::kValid) return;
  if (decision.mode == GateMode::kAttack && skips_attack_.load(std::memory_order_relaxed)) return;
  const std::uint64_t client =
      ClientHash(decision.finding.clearance.id, seed_.load(std::memory_order_relaxed));
  cleared_.Add(client);
  if (decision.action != Action::kAllow) turned_away_.Add(client);
}

Cohort::Counts Cohort::counts() const noexcept {
  return {cleared_.Count(), turned_away_.Count(), bearers_.Count(), unhonoured_.Count()};
}

std::size_t Cohort::CellOf(std::size_t site) const noexcept {
  if (site >= cells_.size()) return Counters::kSites - 1;
  return cells_[site].load(std::memory_order_relaxed);
}

}  // namespace stile
