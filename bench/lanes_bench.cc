// SHA-256 itself: one block after the other, many at once, and the search for a solution.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/fixture.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/sha256.h"
#include "challenge/sha256_lanes.h"

namespace stile::bench {
namespace {

constexpr std::size_t kBlocks = 64;

// A block whose bytes differ from those of all others.
Sha256Bytes BlockNumber(std::size_t i) {
  Sha256Bytes block{};
  block[0] = static_cast<std::uint8_t>(i);
  block[1] = static_cast<std::uint8_t>(i >> 8);
  return block;
}

// One compression that waits for the one before.
void FloorSha256Block(benchmark::State& state) {
  const Sha256Bytes block = BlockNumber(1);
  Sha256State chained = kSha256Initial;
  std::uint64_t blocks = 0;
  for (auto _ : state) {
    Sha256Compress(chained, block.data(), 1);
    ++blocks;
  }
  // The same chain, another way.
  Sha256State expected = kSha256Initial;
  for (std::uint64_t i = 0; i < blocks % 1'000; ++i) {
    Sha256CompressPortable(expected, block.data(), 1);
  }
  Sha256State again = kSha256Initial;
  for (std::uint64_t i = 0; i < blocks % 1'000; ++i) Sha256Compress(again, block.data(), 1);
  if (again != expected) state.SkipWithError("another state than expected");
  benchmark::DoNotOptimize(chained);
  state.SetLabel(Sha256Kernel());
}
BENCHMARK(FloorSha256Block)->Name("Floor/Sha256Block");

// Independent blocks, as many as a long batch has; the time is that of one.
void Lanes(benchmark::State& state, Sha256Lanes kernel) {
  if (!IsSupported(kernel)) {
    state.SkipWithError("this CPU lacks it");
    return;
  }
  std::vector<Sha256Bytes> blocks(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) blocks[i] = BlockNumber(i);
  std::vector<Sha256State> expected(kBlocks, kSha256Initial);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    Sha256CompressPortable(expected[i], blocks[i].data(), 1);
  }
  std::vector<Sha256State> states(kBlocks);
  while (state.KeepRunningBatch(kBlocks)) {
    for (Sha256State& one : states) one = kSha256Initial;
    Sha256CompressEachWith(kernel, states, blocks);
    if (states.back() != expected.back()) {
      state.SkipWithError("another state than expected");
      break;
    }
  }
  if (states != expected) state.SkipWithError("another state than expected");
}
BENCHMARK_CAPTURE(Lanes, Sha256Ni, Sha256Lanes::kSha);
BENCHMARK_CAPTURE(Lanes, Avx2, Sha256Lanes::kAvx2);
BENCHMARK_CAPTURE(Lanes, Avx512, Sha256Lanes::kAvx512);
BENCHMARK_CAPTURE(Lanes, Portable, Sha256Lanes::kPortable);

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

}  // namespace
}  // namespace stile::bench
