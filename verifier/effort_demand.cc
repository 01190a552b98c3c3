#include "verifier/effort_demand.h"

#include <algorithm>
#include <bit>

#include "challenge/alternative.h"

namespace stile {

EffortDemand EffortDemand::Of(const Level& level) noexcept {
  const std::size_t count = std::min<std::size_t>(level.alternative_count, kMaxAlternatives);
  EffortDemand demand;
  if (count == 0) return demand;
  demand.least_.fill(kNever);
  for (std::size_t i = 0; i < count; ++i) {
    const Alternative& alternative = level.alternatives[i];
    const auto at = static_cast<std::size_t>(alternative.puzzle);
    if (alternative.puzzle == Puzzle::kWait || at == 0 || at >= demand.least_.size()) return {};
    const auto width = static_cast<std::uint16_t>(std::bit_width(alternative.effort));
    const auto proven = static_cast<std::uint16_t>(width == 0 ? 0 : width - 1);
    demand.least_[at] = std::min(demand.least_[at], proven);
  }
  return demand;
}

}  // namespace stile
