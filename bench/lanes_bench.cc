// SHA-256 itself: one block after the other, and many at once.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/lanes_bench.h"
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

// One compression that waits for the one before. The chain begins anew after as many as were also
// computed another way.
void FloorSha256Block(benchmark::State& state) {
  constexpr std::size_t kChain = 1'000;
  const Sha256Bytes block = BlockNumber(1);
  std::vector<Sha256State> expected(kChain + 1, kSha256Initial);
  for (std::size_t i = 1; i <= kChain; ++i) {
    expected[i] = expected[i - 1];
    Sha256CompressPortable(expected[i], block.data(), 1);
  }
  Sha256State chained = kSha256Initial;
  std::size_t length = 0;
  for (auto _ : state) {
    Sha256Compress(chained, block.data(), 1);
    if (++length < kChain) continue;
    if (chained != expected[length]) {
      state.SkipWithError("another state than expected");
      break;
    }
    chained = kSha256Initial;
    length = 0;
  }
  if (chained != expected[length]) state.SkipWithError("another state than expected");
  state.SetLabel(Sha256Kernel());
}
BENCHMARK(FloorSha256Block)->Name("Floor/Sha256Block");

// Independent blocks, as many as a long batch has; the time is that of one.
void Lanes(benchmark::State& state, Sha256Lanes kernel) {
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

}  // namespace

void RegisterLanes() {
  for (const Sha256Lanes kernel : kSha256Kernels) {
    if (!IsSupported(kernel)) continue;
    const std::string name = std::string("Lanes/") + Sha256LanesName(kernel);
    benchmark::RegisterBenchmark(name.c_str(), Lanes, kernel);
  }
}

}  // namespace stile::bench
