#ifndef STILE_CHALLENGE_ALTERNATIVE_H_
#define STILE_CHALLENGE_ALTERNATIVE_H_

#include <cstddef>
#include <cstdint>

#include "challenge/puzzle/puzzle.h"

namespace stile {

inline constexpr std::size_t kMaxAlternatives = 4;
inline constexpr std::uint8_t kMaxParts = 64;
inline constexpr std::uint64_t kMaxEffort = std::uint64_t{1} << 40;
inline constexpr std::uint64_t kMaxWaitMillis = 3'600'000;
inline constexpr std::uint32_t kMaxClearanceSeconds = 604'800;

// One way to earn a clearance: a puzzle, how much of it, and what solving it earns.
struct Alternative {
  Puzzle puzzle = Puzzle::kNone;
  std::uint8_t rank = 0;   // Of the level earned, 1 to 255.
  std::uint8_t parts = 0;  // Sub-puzzles, 1 to 64; 0 for wait.
  std::uint8_t budget_class = 0;
  std::uint64_t effort = 0;            // Expected evaluations in all parts; wait: milliseconds.
  std::uint32_t lifetime_seconds = 0;  // Of the clearance, from the challenge's issue.

  friend bool operator==(const Alternative&, const Alternative&) noexcept = default;
};

// True if every field is inside the limits of docs/wire-format.md and the puzzle is one that can
// be solved today (sha256, wait, hashwx).
[[nodiscard]] constexpr bool IsWellFormed(const Alternative& a) noexcept {
  if (a.rank == 0 || a.lifetime_seconds == 0 || a.lifetime_seconds > kMaxClearanceSeconds) {
    return false;
  }
  if (a.puzzle == Puzzle::kWait) {
    return a.parts == 0 && a.effort >= 1 && a.effort <= kMaxWaitMillis;
  }
  return (a.puzzle == Puzzle::kSha256 || a.puzzle == Puzzle::kHashwx) && a.parts >= 1 &&
         a.parts <= kMaxParts && a.effort >= 1 && a.effort <= kMaxEffort;
}

}  // namespace stile

#endif  // STILE_CHALLENGE_ALTERNATIVE_H_
