#ifndef STILE_BENCH_FLOOD_LIVE_PUZZLE_WORK_H_
#define STILE_BENCH_FLOOD_LIVE_PUZZLE_WORK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stile::bench {

struct PuzzleWork {
  std::string solution;  // As a client sends it.
  std::uint64_t tried = 0;
};

// Solves the first alternative of `challenge` that is hashwx. Returns nullopt if there is none.
[[nodiscard]] std::optional<PuzzleWork> SolvePuzzle(std::string_view challenge);

// Evaluations that its first alternative of hashwx asks; 0 if it has none.
[[nodiscard]] std::uint64_t AskedEffort(std::string_view challenge);

// Does as much work as a challenge of this effort takes, for nothing. Returns how many evaluations
// that were.
[[nodiscard]] std::uint64_t WasteWork(std::uint64_t effort, std::uint8_t parts,
                                      std::uint64_t number);

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_LIVE_PUZZLE_WORK_H_
