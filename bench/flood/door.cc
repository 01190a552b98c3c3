#include "bench/flood/door.h"

#include <algorithm>
#include <cmath>

namespace stile::bench {

Door::Door(const Options& options, std::uint32_t prefixes, PriceLoop& loop)
    : options_(options),
      loop_(loop),
      prefix_budgets_(prefixes, TokenBucket::Of(options.prefix_rate, options.prefix_burst, 0)),
      prefix_waits_(prefixes,
                    TokenBucket::Of(options.wait_prefix_rate, options.wait_prefix_burst, 0)),
      prefix_sha256_(prefixes,
                     TokenBucket::Of(options.sha256_prefix_rate, options.sha256_prefix_burst, 0)),
      waits_(TokenBucket::Of(options.wait_rate, options.wait_burst, 0)),
      sha256_(TokenBucket::Of(options.sha256_rate, options.sha256_burst, 0)),
      desk_(TokenBucket::Of(options.desk_rate, options.desk_places, 0)) {}

Door::Challenge Door::Ask(std::uint32_t prefix, double now) {
  counts_.issued += 1;
  return {prefix, loop_.PriceFor(prefix, now), now};
}

double Door::EffortOf(const Challenge& challenge, Puzzle puzzle) const noexcept {
  const double factor = challenge.price / 100;
  switch (puzzle) {
    case Puzzle::kHashwx:
      return std::min(options_.hashwx_effort * factor, options_.hashwx_greatest);
    case Puzzle::kSha256:
      return std::min(options_.sha256_effort * factor, options_.sha256_greatest);
    default:
      return options_.wait;
  }
}

Door::Redemption Door::Limited(double seconds) noexcept {
  counts_.limited += 1;
  return {Result::kLimited, std::max(1.0, std::ceil(seconds)), {}};
}

bool Door::TakesFallback(std::vector<TokenBucket>& prefixes, TokenBucket& all, std::uint32_t prefix,
                         double now, Redemption& refusal) noexcept {
  TokenBucket& own = prefixes[prefix];
  own.Fill(now);
  all.Fill(now);
  if (own.held < 1 || all.held < 1) {
    refusal = Limited((own.held < 1 ? own : all).Wait());
    return false;
  }
  own.held -= 1;
  all.held -= 1;
  return true;
}

Door::Redemption Door::Redeem(const Challenge& challenge, Puzzle puzzle, double now) {
  if (now > challenge.issued + options_.challenge_life) return {};
  Redemption redemption;
  if (puzzle == Puzzle::kWait) {
    const double left = challenge.issued + options_.wait - now;
    if (left > 0) return {Result::kLimited, left, {}};
    if (!TakesFallback(prefix_waits_, waits_, challenge.prefix, now, redemption)) {
      return redemption;
    }
  } else if (puzzle == Puzzle::kSha256) {
    if (!TakesFallback(prefix_sha256_, sha256_, challenge.prefix, now, redemption)) {
      return redemption;
    }
  } else if (!desk_.TakeOne(now)) {
    loop_.OnDesk(1, now);
    return Limited(desk_.Wait());
  }
  if (const double left = loop_.TakeTurn(challenge.price, puzzle, now); left > 0) {
    return Limited(left);
  }
  if (puzzle == Puzzle::kHashwx) loop_.OnDesk(1 - desk_.held / desk_.burst, now);
  loop_.OnRedeemed(challenge.prefix, challenge.price, puzzle, now);
  counts_.redeemed += 1;
  return {Result::kCleared, 0, Mint(challenge, puzzle, now)};
}

Door::Clearance Door::Mint(const Challenge& challenge, Puzzle puzzle, double now) noexcept {
  const double share = puzzle == Puzzle::kHashwx ? 1 : puzzle == Puzzle::kSha256 ? 0.5 : 0.1;
  Clearance clearance;
  // Spread over all 64 bits, as ids of clearances are.
  clearance.id = (counts_.redeemed + 1) * 0x9e3779b97f4a7c15;
  clearance.prefix = challenge.prefix;
  clearance.puzzle = puzzle;
  clearance.price = challenge.price;
  clearance.expires =
      challenge.issued + (puzzle == Puzzle::kWait ? options_.waited_life : 3 * 3'600.0);
  clearance.budget =
      TokenBucket::Of(options_.budget_rate * share, options_.budget_burst * share, now);
  return clearance;
}

double Door::Take(Clearance& clearance, double wanted, double now) {
  if (clearance.puzzle == Puzzle::kNone || now >= clearance.expires ||
      loop_.AsksAgain(clearance.id, clearance.price, clearance.puzzle, now)) {
    clearance.puzzle = Puzzle::kNone;
    counts_.refused += wanted;
    return 0;
  }
  const double own = clearance.budget.TakeUpTo(wanted, now);
  const double taken = prefix_budgets_[clearance.prefix].TakeUpTo(own, now);
  counts_.passed += taken;
  counts_.refused += wanted - taken;
  return taken;
}

}  // namespace stile::bench
