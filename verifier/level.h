#ifndef STILE_VERIFIER_LEVEL_H_
#define STILE_VERIFIER_LEVEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "challenge/alternative.h"
#include "challenge/puzzle/puzzle.h"
#include "verifier/rate.h"

namespace stile {

// A named demand. Ranks compare, names don't; a rank is never renumbered.
struct Level {
  std::string name;
  std::uint8_t rank = 0;  // 1 to 255.
  std::uint8_t alternative_count = 0;
  // What a client is asked. An alternative may earn a lower level's rank than this one's: `wait`
  // does, by default.
  std::array<Alternative, kMaxAlternatives> alternatives{};
  // The levels that the alternatives earn, by name, for the JSON answer.
  std::array<std::string, kMaxAlternatives> earns;
  // How many requests a clearance of this rank may make. A rate of 0: as many as it likes. Not
  // said: what CompleteLevels gives it.
  std::optional<Rate> budget = std::nullopt;

  // The lowest rank that satisfies this level: its own, or what the least of its alternatives
  // earns. Whoever has solved what a level offers has met its demand; compared with `rank`, a
  // visitor who waited would be asked again for ever. docs/decisions/002 has the reasons.
  [[nodiscard]] std::uint8_t AcceptedRank() const noexcept {
    std::uint8_t accepted = rank;
    for (std::size_t i = 0; i < alternative_count && i < kMaxAlternatives; ++i) {
      if (alternatives[i].rank < accepted) accepted = alternatives[i].rank;
    }
    return accepted;
  }

  // What is asked of `puzzle` by the alternative that earns `earned`, or where that is 0 by the
  // first; 0 if none does.
  [[nodiscard]] std::uint64_t EffortOf(Puzzle puzzle, std::uint8_t earned = 0) const noexcept {
    for (std::size_t i = 0; i < alternative_count && i < kMaxAlternatives; ++i) {
      const Alternative& asked = alternatives[i];
      if (asked.puzzle == puzzle && (earned == 0 || asked.rank == earned)) return asked.effort;
    }
    return 0;
  }

  // Whether alternative `index` is there for those who can do no better: sha256 where hashwx is
  // offered for at least its rank, and wait where anything else is. One that is none always
  // remains.
  [[nodiscard]] bool IsFallback(std::size_t index) const noexcept {
    const std::size_t count =
        alternative_count < kMaxAlternatives ? alternative_count : kMaxAlternatives;
    if (index >= count) return false;
    const Alternative& fallback = alternatives[index];
    const bool waits = fallback.puzzle == Puzzle::kWait;
    if (!waits && fallback.puzzle != Puzzle::kSha256) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const Alternative& other = alternatives[i];
      const bool is_better =
          waits ? other.puzzle != Puzzle::kWait : other.puzzle == Puzzle::kHashwx;
      if (is_better && other.rank >= fallback.rank) return true;
    }
    return false;
  }
};

}  // namespace stile

#endif  // STILE_VERIFIER_LEVEL_H_
