// HashWX as a verifier runs it: a function is made, and hashes one nonce, by the interpreter.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "challenge/puzzle/hashwx_code.h"
#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_puzzle.h"

namespace stile::bench {
namespace {

// So many that a CPU can't have learned a function's branches from the last time.
constexpr std::size_t kMany = 1024;

struct Try {
  std::array<std::uint8_t, 32> seed{};
  HashwxFunction function;
  std::uint64_t nonce = 0;
  std::uint64_t hash = 0;  // By compiled code.
};

const std::vector<Try>& Tries() {
  static const std::vector<Try> tries = [] {
    std::vector<Try> made(kMany);
    HashwxCode code;
    for (std::size_t i = 0; i < kMany; ++i) {
      Try& one = made[i];
      std::memcpy(one.seed.data(), &i, sizeof i);
      HashwxFunction::Make(one.seed.data(), one.function);
      one.nonce = i * 0x9E3779B97F4A7C15;
      one.hash = code.Load(one.function) ? code.Hash(one.nonce) : one.function.Hash(one.nonce);
    }
    return made;
  }();
  return tries;
}

void HashwxMake(benchmark::State& state) {
  const std::vector<Try>& tries = Tries();
  HashwxFunction function;
  std::size_t i = 0;
  for (auto _ : state) {
    const Try& one = tries[i++ % kMany];
    HashwxFunction::Make(one.seed.data(), function);
    benchmark::DoNotOptimize(function);
    if (std::memcmp(function.programs[31], one.function.programs[31],
                    sizeof function.programs[31]) != 0) {
      state.SkipWithError("another function");
      break;
    }
  }
}
BENCHMARK(HashwxMake)->Name("Hashwx/Make");

void HashwxInterpret(benchmark::State& state) {
  const std::vector<Try>& tries = Tries();
  std::size_t i = 0;
  for (auto _ : state) {
    const Try& one = tries[i++ % kMany];
    if (one.function.Hash(one.nonce) != one.hash) {
      state.SkipWithError("another hash");
      break;
    }
  }
}
BENCHMARK(HashwxInterpret)->Name("Hashwx/Interpret");

// A challenge of eight parts, solved: what redeeming one costs beside its MAC.
struct Solved {
  HashwxPuzzle puzzle;
  std::array<std::uint64_t, 8> nonces{};
};

std::vector<Solved> SolveMany() {
  std::vector<Solved> made;
  for (std::size_t i = 0; i < kMany / 8; ++i) {
    TokenId id{};
    std::memcpy(id.data(), &i, sizeof i);
    Solved solved{HashwxPuzzle(Tag{{4, 5, 6}}, id, 0, 32, 8)};
    for (std::uint32_t part = 0; part < 8; ++part) {
      while (!solved.puzzle.IsSolvedBy(part, solved.nonces[part])) ++solved.nonces[part];
    }
    made.push_back(solved);
  }
  return made;
}

void HashwxCheck(benchmark::State& state) {
  static const std::vector<Solved> many = SolveMany();
  std::array<std::uint8_t, 16> secret{};
  std::size_t i = 0;
  for (auto _ : state) {
    const Solved& solved = many[i++ % many.size()];
    secret[7] = secret[15] = static_cast<std::uint8_t>(i);
    if (!solved.puzzle.AreSolvedBy(solved.nonces, secret)) {
      state.SkipWithError("a solution was refused");
      break;
    }
  }
}
BENCHMARK(HashwxCheck)->Name("Hashwx/Check8Parts")->Unit(benchmark::kMicrosecond);

// What a solver pays for the next function, the making included.
void HashwxCompile(benchmark::State& state) {
  const std::vector<Try>& tries = Tries();
  HashwxFunction function;
  HashwxCode code;
  std::size_t i = 0;
  for (auto _ : state) {
    const Try& one = tries[i++ % kMany];
    HashwxFunction::Make(one.seed.data(), function);
    if (!code.Load(function) || code.Hash(one.nonce) != one.hash) {
      state.SkipWithError("not compiled, or another hash");
      break;
    }
  }
}
BENCHMARK(HashwxCompile)->Name("Hashwx/Compile")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace stile::bench
