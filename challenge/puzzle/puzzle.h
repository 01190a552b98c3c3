#ifndef STILE_CHALLENGE_PUZZLE_PUZZLE_H_
#define STILE_CHALLENGE_PUZZLE_PUZZLE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace stile {

// The work predicate of an alternative. Part of the wire format: append, never renumber.
enum class Puzzle : std::uint8_t {
  kNone = 0,
  kSha256 = 1,  // Search nonces whose digest is under a target.
  kWait = 2,    // Let time pass. Needs no JavaScript.
  kHashwx = 3,  // Search nonces whose HashWX, a random program, is under a target.
};

// Returns the name that configuration and JSON use; "none" for anything else.
[[nodiscard]] std::string_view PuzzleName(Puzzle puzzle) noexcept;
[[nodiscard]] std::optional<Puzzle> PuzzleFromName(std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_PUZZLE_H_
