#ifndef STILE_TOOL_SOLVER_H_
#define STILE_TOOL_SOLVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"

namespace stile {

// How far a solver is. Evaluations are spread over all parts.
struct SolverProgress {
  std::uint64_t tried = 0;
  std::uint64_t expected = 0;  // The alternative's effort.
  std::size_t parts_solved = 0;
  std::size_t parts = 0;
};

// Solves alternative `index`, one of sha256 or hashwx, of `challenge` on `threads` threads: each
// begins with a part of its own and goes on with one that is left, so that none is idle while there
// is. Calls `report` about five times a second on the calling thread, and stops with nullopt if it
// returns false.
[[nodiscard]] std::optional<Solution> SolveWork(
    const SealedChallenge& challenge, std::size_t index, unsigned threads,
    const std::function<bool(const SolverProgress&)>& report);

}  // namespace stile

#endif  // STILE_TOOL_SOLVER_H_
