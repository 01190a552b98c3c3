#include "engine/renewal.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>

#include "challenge/alternative.h"
#include "verifier/effort/price_paid.h"

namespace stile {

Renewal::Renewal(const Policy& policy) {
  for (const Level& level : policy.levels()) {
    for (std::size_t i = 0; i < level.alternative_count && i < kMaxAlternatives; ++i) {
      const Alternative& a = level.alternatives[i];
      // Waiting is cheap because what it buys is over in ten minutes.
      if (a.puzzle == Puzzle::kWait || a.effort == 0) continue;
      lives_.push_back({a.rank, a.puzzle, static_cast<std::uint8_t>(std::bit_width(a.effort) - 1),
                        a.lifetime_seconds});
      reach_ = std::max<std::int64_t>(reach_, (a.lifetime_seconds + 3) / 4);
    }
  }
}

std::uint32_t Renewal::LifeOf(const Clearance& clearance) const noexcept {
  // One that no address binds has cost more, and would again.
  const int surcharge =
      clearance.roams >= kRoamsUntilUnbound ? std::bit_width(kUnboundPriceFactor) - 1 : 0;
  std::uint32_t shortest = 0;
  for (const Life& life : lives_) {
    if (life.rank != clearance.rank || life.puzzle != clearance.puzzle ||
        life.effort_log2 + surcharge > clearance.effort_log2) {
      continue;
    }
    if (shortest == 0 || life.seconds < shortest) shortest = life.seconds;
  }
  return shortest;
}

std::uint32_t Renewal::ExpiryOf(const Clearance& clearance,
                                std::int64_t now_seconds) const noexcept {
  const std::int64_t life = LifeOf(clearance);
  const std::int64_t left = clearance.expires_at - now_seconds;
  if (left * 4 >= life) return clearance.expires_at;
  const std::int64_t age = std::min<std::int64_t>(life * kMaxLives, kMaxClearanceSeconds);
  const std::int64_t latest =
      std::min<std::int64_t>(clearance.issued_at + age, std::numeric_limits<std::uint32_t>::max());
  const std::int64_t expiry = std::min(now_seconds + life, latest);
  return static_cast<std::uint32_t>(std::max<std::int64_t>(expiry, clearance.expires_at));
}

bool IsPassOfClearance(const Request& request, const Decision& decision) noexcept {
  return decision.action == Action::kAllow && decision.verdict == Verdict::kValid &&
         decision.finding.verdict == Verdict::kValid && decision.finding.authentic &&
         !decision.by_grace && !decision.by_mode && decision.rank_needed > 0 &&
         decision.rank_held >= decision.rank_needed &&
         (request.method == "GET" || !IsSafeMethod(request.method));
}

}  // namespace stile
