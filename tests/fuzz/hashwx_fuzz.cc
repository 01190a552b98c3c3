// HashWX. Whatever the seed, compiled code and the interpreter give the same hash, and a solution
// is one exactly if every part is. Whatever a function's bytes are, hashing ends and stays inside
// its own memory. The first byte says which: 0 a seed, else a function.

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "challenge/puzzle/hashwx_code.h"
#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

// As many bytes of `input` as there are, from the front; the rest stays zero.
template <typename T>
T Take(FuzzInput& input) {
  T value{};
  const std::size_t size = std::min(sizeof value, input.size());
  if (size != 0) std::memcpy(&value, input.data(), size);
  input = input.subspan(size);
  return value;
}

// Takes from `input` what it reads.
void CheckSeed(FuzzInput& input) {
  const auto seed = Take<std::array<std::uint8_t, 32>>(input);
  const auto nonce = Take<std::uint64_t>(input);
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  static HashwxCode code;
  if (!code.Load(function)) return;
  for (const std::uint64_t n : {nonce, nonce + 1, ~nonce, nonce >> 40}) {
    STILE_REQUIRE(code.Hash(n) == function.Hash(n));
  }
  Reach("compiled hash");
}

void CheckSolution(FuzzInput input) {
  const auto tag = Take<Tag>(input);
  const auto id = Take<TokenId>(input);
  const auto secret = Take<std::array<std::uint8_t, 16>>(input);
  const auto parts = static_cast<std::uint8_t>(Take<std::uint8_t>(input) % 5);
  const HashwxPuzzle puzzle(tag, id, 0, parts * std::uint64_t{2}, parts);
  std::vector<std::uint64_t> nonces(parts);
  bool all = parts != 0;
  for (std::uint32_t part = 0; part < parts; ++part) {
    nonces[part] = Take<std::uint64_t>(input);
    all = all && puzzle.IsSolvedBy(part, nonces[part]);
  }
  const HashwxPuzzle::Checked checked = puzzle.Check(nonces, secret);
  STILE_REQUIRE(checked.solved == all);
  STILE_REQUIRE(all ? checked.parts == parts : checked.parts <= parts);
  Reach(all ? "solved" : "unsolved");
}

void CheckFunction(FuzzInput input) {
  const auto nonce = Take<std::uint64_t>(input);
  HashwxFunction function = {};
  std::memcpy(function.programs, input.data(), std::min(input.size(), sizeof function.programs));
  STILE_REQUIRE(function.Hash(nonce) == function.Hash(nonce));
  Reach("function of any bytes");
}

}  // namespace

void FuzzHashwx(FuzzInput input) {
  if (input.empty()) return;
  const std::uint8_t kind = input[0];
  input = input.subspan(1);
  if (kind != 0) {
    CheckFunction(input);
    return;
  }
  CheckSeed(input);
  CheckSolution(input);
}

}  // namespace stile
