#include "verifier/effort/price_paid.h"

#include <algorithm>

#include "challenge/alternative.h"
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

std::uint64_t FactorOf(std::uint8_t roams, std::uint32_t dear_price) noexcept {
  return (roams >= kRoamsUntilUnbound ? kUnboundPriceFactor : 1) *
         std::max<std::uint64_t>(dear_price, 1);
}

std::uint32_t PricePaidFor(const Challenge& challenge, std::size_t index, const Policy& policy,
                           std::uint32_t current) noexcept {
  if (index >= kMaxAlternatives) return kConfiguredPrice;
  const Alternative& solved = challenge.alternatives[index];
  const bool dear = (solved.budget_class & kBoughtDear) != 0;
  const std::uint64_t factor = FactorOf(challenge.roams, dear ? policy.budgets().price : 0);
  const std::uint64_t configured =
      std::min(ConfiguredEffort(policy, challenge, solved) * factor, kMaxEffort);
  return PricePaid(solved.puzzle, configured, solved.effort, current, policy.effort().longest);
}

}  // namespace stile
