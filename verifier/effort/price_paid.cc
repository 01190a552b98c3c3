#include "verifier/effort/price_paid.h"

#include <algorithm>

#include "challenge/alternative.h"
#include "verifier/effort/effort_options.h"
#include "verifier/policy/budget_terms.h"

namespace stile {

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
  const Level& level = *policy.LevelFor(challenge.LevelRank());
  // 0 if the policy has changed and asks it no longer.
  const std::uint64_t configured =
      std::min(level.EffortOf(solved.puzzle, solved.rank) * factor, kMaxEffort);
  return PricePaid(solved.puzzle, configured, solved.effort, current, policy.effort().longest);
}

}  // namespace stile
