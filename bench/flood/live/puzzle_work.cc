#include "bench/flood/live/puzzle_work.h"

#include <limits>

#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/hashwx_search.h"
#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"

namespace stile::bench {
namespace {

HashwxJob JobOf(const HashwxPuzzle& puzzle) {
  HashwxJob job{};
  for (std::size_t i = 0; i < 8; ++i) job.midstate[i] = puzzle.midstate()[i];
  job.target = puzzle.target();
  return job;
}

// Returns how many nonces were tried.
std::uint64_t Solve(const HashwxPuzzle& puzzle, Solution& solution) {
  static HashwxSearcher searcher;
  HashwxJob job = JobOf(puzzle);
  std::uint64_t all = 0;
  solution.parts = puzzle.parts();
  for (job.part = 0; job.part < puzzle.parts(); ++job.part) {
    std::uint64_t tried = 0;
    if (!searcher.Search(job, 0, std::numeric_limits<std::uint64_t>::max(),
                         &solution.nonces[job.part], &tried)) {
      return 0;
    }
    all += tried;
  }
  return all;
}

// The index of the first alternative that is hashwx.
std::optional<std::uint8_t> IndexOfHashwx(const SealedChallenge& challenge) {
  for (std::uint8_t i = 0; i < challenge.claimed_alternative_count(); ++i) {
    if (challenge.claimed_alternative(i).puzzle == Puzzle::kHashwx) return i;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PuzzleWork> SolvePuzzle(std::string_view text) {
  SealedChallenge challenge;
  if (challenge.Parse(text) != TokenShape::kWellFormed) return std::nullopt;
  const auto index = IndexOfHashwx(challenge);
  if (!index) return std::nullopt;
  const Alternative alternative = challenge.claimed_alternative(*index);
  const HashwxPuzzle puzzle(challenge.tag(), challenge.claimed_id(), *index, alternative.effort,
                            alternative.parts);
  Solution solution;
  solution.alternative = *index;
  PuzzleWork work;
  work.tried = Solve(puzzle, solution);
  if (work.tried == 0) return std::nullopt;
  work.solution = FormatSolution(solution);
  return work;
}

std::uint64_t AskedEffort(std::string_view text) {
  SealedChallenge challenge;
  if (challenge.Parse(text) != TokenShape::kWellFormed) return 0;
  const auto index = IndexOfHashwx(challenge);
  return index ? challenge.claimed_alternative(*index).effort : 0;
}

std::uint64_t WasteWork(std::uint64_t effort, std::uint8_t parts, std::uint64_t number) {
  TokenId id{};
  for (std::size_t i = 0; i < 8; ++i) id[i] = static_cast<std::uint8_t>(number >> (8 * i));
  Solution solution;
  return Solve(HashwxPuzzle(Tag{}, id, 0, effort, parts), solution);
}

}  // namespace stile::bench
