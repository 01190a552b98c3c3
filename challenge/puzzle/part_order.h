#ifndef STILE_CHALLENGE_PUZZLE_PART_ORDER_H_
#define STILE_CHALLENGE_PUZZLE_PART_ORDER_H_

#include <array>
#include <cstdint>

namespace stile {

// The order in which a verifier looks at the parts of a solution: from `start` on in steps of
// `stride`, modulo the number of them, which has no divisor in common with the stride, so that each
// is met once. Whoever leaves out one part of many doesn't know which to leave.
struct PartOrder {
  std::uint32_t start = 0;
  std::uint32_t stride = 0;

  // `secret` is what SealedChallenge::Open gives out. `parts` is at least 1.
  [[nodiscard]] static PartOrder Of(const std::array<std::uint8_t, 16>& secret,
                                    std::uint32_t parts) noexcept;

  // The part that follows `part`.
  [[nodiscard]] constexpr std::uint32_t Next(std::uint32_t part,
                                             std::uint32_t parts) const noexcept {
    part += stride;
    return part >= parts ? part - parts : part;
  }

  bool operator==(const PartOrder&) const = default;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_PART_ORDER_H_
