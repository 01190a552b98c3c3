#ifndef STILE_ENGINE_FALLBACK_SWITCH_H_
#define STILE_ENGINE_FALLBACK_SWITCH_H_

#include <atomic>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"

namespace stile {

// Which fallbacks new challenges leave out, where a level offers something better: see
// Level::IsFallback. What was issued before stays good. Any thread may look at any time; whoever
// turns it turns it for himself, so that one who withdraws a fallback isn't contradicted by another
// who doesn't.
class FallbackSwitch {
 public:
  // Who withdraws it.
  enum class Cause : std::uint8_t {
    kOverload = 0,  // There is more to do than can be done in time.
    kEffort = 1,    // The price of passing has to rise.
  };

  // Sets whether `cause` withdraws `puzzle`, kSha256 or kWait. A fallback is offered while nobody
  // withdraws it.
  void Set(Puzzle puzzle, Cause cause, bool withdrawn) noexcept {
    const std::uint32_t bit = BitOf(puzzle) << static_cast<unsigned>(cause);
    if (withdrawn) {
      bits_.fetch_or(bit, std::memory_order_relaxed);
    } else {
      bits_.fetch_and(~bit, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] bool IsWithdrawn(Puzzle puzzle) const noexcept {
    return (bits_.load(std::memory_order_relaxed) & BitOf(puzzle) * kCauses) != 0;
  }

 private:
  static constexpr std::uint32_t kCauses = 0xFF;  // Those of one puzzle.

  [[nodiscard]] static constexpr std::uint32_t BitOf(Puzzle puzzle) noexcept {
    return puzzle == Puzzle::kSha256 ? 1U : puzzle == Puzzle::kWait ? 1U << 8 : 0U;
  }

  std::atomic<std::uint32_t> bits_{0};
};

}  // namespace stile

#endif  // STILE_ENGINE_FALLBACK_SWITCH_H_
