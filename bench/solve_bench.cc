// The search for a solution, as a native solver does it: what a challenge costs who must solve it.
#include <benchmark/benchmark.h>

#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/puzzle/hashwx_search.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"

namespace stile::bench {
namespace {

// What one core of a native solver tries; items are hashes. Each solution found is checked.
void SolveSha256(benchmark::State& state) {
  constexpr std::uint64_t kEffort = 1 << 20;
  const TokenId id{1, 2, 3};
  const Tag tag{{4, 5, 6}};
  const Sha256Puzzle puzzle(tag, id, 0, kEffort, 1);
  Sha256Job job{};
  Sha256PrefixMidstate(tag.bytes.data(), id.data(), 0, job.midstate);
  job.target = Sha256Puzzle::Target(kEffort, 1);
  std::uint64_t next = 0;
  std::uint64_t found = 0;
  for (auto _ : state) {
    std::uint64_t nonce = 0;
    std::uint64_t tried = 0;
    const bool solved = SearchSha256(job, next, 1 << 18, &nonce, &tried);
    if (solved && (!puzzle.IsSolvedBy(0, nonce) || nonce != next + tried - 1)) {
      state.SkipWithError("what was found is no solution");
      break;
    }
    found += solved ? 1 : 0;
    next += tried;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(SolveSha256)->Name("Solve/Sha256");

// The same for hashwx, where a function is compiled every 65,536 tries.
void SolveHashwx(benchmark::State& state) {
  constexpr std::uint64_t kEffort = 1 << 14;
  const TokenId id{1, 2, 3};
  const Tag tag{{4, 5, 6}};
  const HashwxPuzzle puzzle(tag, id, 0, kEffort, 1);
  HashwxSearcher searcher;
  HashwxJob job{};
  HashwxPrefixMidstate(tag.bytes.data(), id.data(), 0, job.midstate);
  job.target = puzzle.target();
  std::uint64_t next = 0;
  std::uint64_t found = 0;
  for (auto _ : state) {
    std::uint64_t nonce = 0;
    std::uint64_t tried = 0;
    const bool solved = searcher.Search(job, next, 1 << 12, &nonce, &tried);
    if (!searcher.compiled() ||
        (solved && (!puzzle.IsSolvedBy(0, nonce) || nonce != next + tried - 1))) {
      state.SkipWithError("interpreted, or what was found is no solution");
      break;
    }
    found += solved ? 1 : 0;
    next += tried;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
  state.counters["found"] = static_cast<double>(found);
}
BENCHMARK(SolveHashwx)->Name("Solve/Hashwx");

}  // namespace
}  // namespace stile::bench
