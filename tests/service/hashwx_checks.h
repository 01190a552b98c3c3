#ifndef STILE_TESTS_SERVICE_HASHWX_CHECKS_H_
#define STILE_TESTS_SERVICE_HASHWX_CHECKS_H_

#include <array>
#include <cstdint>
#include <cstring>

#include "challenge/alternative.h"
#include "challenge/puzzle/hashwx_puzzle.h"
#include "challenge/solution.h"
#include "verifier/puzzle_check.h"

namespace stile::fixture {

// An open check of a challenge whose tag says `number`, in two parts that any nonce solves; or, if
// it isn't `solvable`, that none does in practice.
[[nodiscard]] inline PuzzleCheck HashwxCheck(std::uint64_t number, bool solvable = true) {
  Tag tag;
  std::memcpy(tag.bytes.data(), &number, sizeof number);
  const Alternative asked = {Puzzle::kHashwx, 2, 2, 0, solvable ? 1 : kMaxEffort, 600};
  Solution solution;
  solution.parts = asked.parts;
  return PuzzleCheck(tag, TokenId{}, asked, solution, std::array<std::uint8_t, 16>{});
}

}  // namespace stile::fixture

#endif  // STILE_TESTS_SERVICE_HASHWX_CHECKS_H_
