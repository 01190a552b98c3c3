#ifndef STILE_CHALLENGE_PUZZLE_PART_TARGET_H_
#define STILE_CHALLENGE_PUZZLE_PART_TARGET_H_

#include <cstdint>

namespace stile {

// What the hash of a try must not exceed, in each of `parts` parts that together take `effort`
// tries in the mean: floor((2^64 - 1) / ceil(effort / parts)); 0, which nothing meets in practice,
// if either is 0.
[[nodiscard]] constexpr std::uint64_t PartTarget(std::uint64_t effort,
                                                 std::uint8_t parts) noexcept {
  if (effort == 0 || parts == 0) return 0;
  const std::uint64_t part_effort = effort / parts + (effort % parts != 0 ? 1 : 0);
  return ~std::uint64_t{0} / part_effort;
}

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_PART_TARGET_H_
