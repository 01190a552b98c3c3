#include "engine/effort_note.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "challenge/alternative.h"
#include "engine/ask.h"
#include "verifier/effort/effort_control.h"
#include "verifier/effort/effort_options.h"
#include "verifier/policy/budget_terms.h"

namespace stile {
namespace {

// The rank of the level that was asked: what it offers earns this one or less.
std::uint8_t LevelRankOf(const Challenge& challenge) noexcept {
  std::uint8_t rank = 0;
  for (std::size_t i = 0; i < challenge.alternative_count && i < kMaxAlternatives; ++i) {
    rank = std::max(rank, challenge.alternatives[i].rank);
  }
  return rank;
}

// What the policy asks where `solved` was asked; 0 if it has changed and does no longer.
std::uint64_t ConfiguredEffort(const Policy& policy, const Challenge& challenge,
                               const Alternative& solved) noexcept {
  const Level& level = *policy.LevelFor(LevelRankOf(challenge));
  for (std::size_t i = 0; i < level.alternative_count && i < kMaxAlternatives; ++i) {
    const Alternative& asked = level.alternatives[i];
    if (asked.puzzle == solved.puzzle && asked.rank == solved.rank) return asked.effort;
  }
  return 0;
}

}  // namespace

void NoteRedemption(const Site& site, const Request& request, const Redemption& redemption,
                    UnixMillis now) noexcept {
  EffortControl* effort = site.effort();
  if (effort == nullptr || redemption.verdict != Verdict::kValid || redemption.repeated) return;
  const Challenge& challenge = redemption.challenge;
  if (redemption.alternative >= kMaxAlternatives) return;
  const Alternative& solved = challenge.alternatives[redemption.alternative];
  const bool dear = (solved.budget_class & kBoughtDear) != 0;
  const std::uint64_t factor = FactorOf(challenge.roams, dear ? site.policy().budgets().price : 0);
  const std::uint64_t configured =
      std::min(ConfiguredEffort(site.policy(), challenge, solved) * factor, kMaxEffort);
  const std::uint32_t current = effort->SitePrice(now);
  const std::uint32_t paid =
      PricePaid(solved.puzzle, configured, solved.effort, current, effort->options().longest);
  effort->NoteRedemption(request.address, paid, now);
}

}  // namespace stile
