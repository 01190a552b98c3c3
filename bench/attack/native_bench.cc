// What one native core tries in a second of each puzzle, by each way that there is here: the
// verifier's interpreter of HashWX and the solver's compiler, SHA-256 by each set of instructions.
#include <benchmark/benchmark.h>

#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_search.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#if defined(__x86_64__)
#include "challenge/cpu_features.h"
#include "challenge/puzzle/sha256_search_kernels.h"
#endif
#include "challenge/puzzle/sha256_scan.h"

namespace stile::bench {
namespace {

constexpr std::uint64_t kStretch = 1 << 18;

Sha256Job JobOf(std::uint64_t effort) {
  Sha256Job job{};
  const std::uint8_t tag[16] = {1, 2};
  const std::uint8_t id[16] = {3, 4};
  Sha256PrefixMidstate(tag, id, 0, job.midstate);
  job.target = Sha256Puzzle::Target(effort, 1);
  return job;
}

// `scan` stops at the first group with a digest under the target: the best search confirms each.
void Sha256(benchmark::State& state,
            std::uint64_t (*scan)(const Sha256Job&, std::uint64_t, std::uint64_t),
            std::uint64_t group) {
  const Sha256Job job = JobOf(1 << 20);
  std::uint64_t next = 0;
  std::uint64_t stretch = 0;
  std::uint64_t hits = 0;
  std::uint64_t near = 0;
  for (auto _ : state) {
    // A scan's nonces share their high half, so a stretch doesn't cross one: 2^32 is a multiple.
    const std::uint64_t first = stretch++ * kStretch;
    const std::uint64_t missed = scan(job, first, kStretch);
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    const bool solved =
        missed != kStretch && SearchSha256(job, first + missed, group, &found, &tried);
    // The first 32 bits can be under the target's without the rest: once in 4,096 hits.
    if (missed != kStretch) ++(solved ? hits : near);
    next += missed;
  }
  if (near > 10 + hits / 100) state.SkipWithError("what was found is no solution");
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

void HashwxInterpreted(benchmark::State& state) {
  const std::uint8_t seed[32] = {5, 6};
  HashwxFunction function;
  HashwxFunction::Make(seed, function);
  std::uint64_t nonce = 0;
  std::uint64_t sum = 0;
  for (auto _ : state) sum ^= function.Hash(nonce++);
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(static_cast<std::int64_t>(nonce));
}
BENCHMARK(HashwxInterpreted)->Name("Attack/hashwx/interpreted");

bool IsSolved(const HashwxJob& job, std::uint64_t nonce) {
  std::uint8_t seed[32];
  HashwxSeed(job.midstate, job.part, nonce / kHashwxNoncesPerFunction, seed);
  HashwxFunction function;
  HashwxFunction::Make(seed, function);
  return function.Hash(nonce) <= job.target;
}

// With a function made and compiled for every kNonces of them.
template <std::uint64_t kNonces>
void HashwxCompiled(benchmark::State& state) {
  HashwxJob job{};
  HashwxSearcher searcher;
  job.target = Sha256Puzzle::Target(std::uint64_t{1} << 18, 1);
  std::uint64_t total = 0;
  std::uint64_t index = 0;
  for (auto _ : state) {
    const std::uint64_t first = index++ * kHashwxNoncesPerFunction;
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    const bool solved = searcher.Search(job, first, kNonces, &found, &tried);
    if (!searcher.compiled()) state.SkipWithError("nothing is compiled here");
    if (solved && !IsSolved(job, found)) state.SkipWithError("what was found is no solution");
    total += tried;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
}
BENCHMARK(HashwxCompiled<65536>)->Name("Attack/hashwx/compiled, 65,536 nonces a function");
BENCHMARK(HashwxCompiled<463>)->Name("Attack/hashwx/compiled, 463 nonces a function");

void HashwxGenerated(benchmark::State& state) {
  std::uint8_t seed[32] = {5, 6};
  HashwxFunction function;
  for (auto _ : state) {
    ++seed[0];
    HashwxFunction::Make(seed, function);
    benchmark::DoNotOptimize(function);
  }
}
BENCHMARK(HashwxGenerated)->Name("Attack/hashwx/generate");

struct Registration {
  Registration() {
    const auto add = [](const char* name, auto* scan, std::uint64_t group) {
      benchmark::RegisterBenchmark(
          name, [scan, group](benchmark::State& state) { Sha256(state, scan, group); });
    };
    add("Attack/sha256/128-bit vectors", &ScanInLanes<4>, 4);
#if defined(__x86_64__)
    const CpuFeatures& cpu = CpuFeatures::Here();
    if (cpu.avx2) add("Attack/sha256/AVX2", &ScanSha256Avx2, kSha256ScanAvx2);
    if (cpu.sha) add("Attack/sha256/SHA instructions", &ScanSha256Ni, kSha256ScanNi);
    if (cpu.avx512) add("Attack/sha256/AVX-512", &ScanSha256Avx512, kSha256ScanAvx512);
#endif
  }
};
const Registration kRegistration;

}  // namespace
}  // namespace stile::bench

BENCHMARK_MAIN();
