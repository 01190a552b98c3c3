#ifndef STILE_VERIFIER_EFFORT_DEMAND_H_
#define STILE_VERIFIER_EFFORT_DEMAND_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"
#include "verifier/level.h"

namespace stile {

// How much effort a clearance must have proven, by the puzzle that proved it: efforts of different
// puzzles don't compare. A default one asks for none.
class EffortDemand {
 public:
  // The least that each puzzle of `level` proves, so that whoever solves what it offers meets the
  // demand; by a puzzle that it doesn't offer nobody does. A level that offers `wait`, or nothing,
  // asks for none.
  [[nodiscard]] static EffortDemand Of(const Level& level) noexcept;

  // `puzzle` and `effort_log2` are those of a clearance whose MAC was right.
  [[nodiscard]] bool IsMetBy(Puzzle puzzle, std::uint8_t effort_log2) const noexcept {
    const auto at = static_cast<std::size_t>(puzzle);
    return effort_log2 >= least_[at < least_.size() ? at : 0];
  }

 private:
  static constexpr std::uint16_t kNever = 256;  // More than a clearance can say.

  std::array<std::uint16_t, 4> least_{};  // By Puzzle; the first is that of all other puzzles.
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_DEMAND_H_
