#include "verifier/effort/effort_options.h"

#include <algorithm>

namespace stile {
namespace {

// What the efforts below are of.
constexpr std::chrono::milliseconds kUsualLongest = EffortOptions{}.longest;

}  // namespace

std::uint64_t MostEffort(Puzzle puzzle, std::chrono::milliseconds longest) noexcept {
  const std::chrono::milliseconds bounded = std::clamp(longest, kShortestLongest, kLongestLongest);
  const auto millis = static_cast<std::uint64_t>(bounded.count());
  const auto usual = static_cast<std::uint64_t>(kUsualLongest.count());
  if (puzzle == Puzzle::kHashwx) return kMostHashwxEffort * millis / usual;
  if (puzzle == Puzzle::kSha256) return kMostSha256Effort * millis / usual;
  return 0;
}

std::uint64_t EffortAt(Puzzle puzzle, std::uint64_t configured, std::uint32_t price,
                       std::chrono::milliseconds longest) noexcept {
  if (price <= kConfiguredPrice) return configured;
  const std::uint64_t most = MostEffort(puzzle, longest);
  if (configured >= most) return configured;
  return std::min(configured * std::min(price, kMostPrice) / kConfiguredPrice, most);
}

std::uint32_t PricePaid(Puzzle puzzle, std::uint64_t configured, std::uint64_t asked,
                        std::uint32_t current, std::chrono::milliseconds longest) noexcept {
  if (configured == 0 || MostEffort(puzzle, longest) == 0) return kConfiguredPrice;
  if (asked >= EffortAt(puzzle, configured, current, longest)) return current;
  const std::uint64_t paid =
      asked / configured * kConfiguredPrice + asked % configured * kConfiguredPrice / configured;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(paid, current));
}

}  // namespace stile
