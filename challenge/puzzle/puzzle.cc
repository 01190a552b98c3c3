#include "challenge/puzzle/puzzle.h"

namespace stile {

std::string_view PuzzleName(Puzzle puzzle) noexcept {
  switch (puzzle) {
    case Puzzle::kSha256:
      return "sha256";
    case Puzzle::kWait:
      return "wait";
    case Puzzle::kHashwx:
      return "hashwx";
    case Puzzle::kNone:
      break;
  }
  return "none";
}

std::optional<Puzzle> PuzzleFromName(std::string_view name) noexcept {
  for (const Puzzle puzzle : {Puzzle::kSha256, Puzzle::kWait, Puzzle::kHashwx}) {
    if (PuzzleName(puzzle) == name) return puzzle;
  }
  return std::nullopt;
}

}  // namespace stile
