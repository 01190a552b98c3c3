#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_SEARCH_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_SEARCH_H_

#include <cstdint>

#include "challenge/puzzle/hashwx_code.h"
#include "challenge/puzzle/hashwx_function.h"

namespace stile {

// The native solver of the puzzle `hashwx` (docs/wire-format.md). It compiles, so it belongs to
// whoever solves: no program that verifies may hold it, and a test watches that none does.

// One part of one alternative. `midstate` comes from HashwxPrefixMidstate and is the same for all
// parts of an alternative.
struct HashwxJob {
  std::uint32_t midstate[8];
  std::uint32_t part;
  std::uint64_t target;
};

// A solver that keeps the function that it used last, so that searching on costs nothing. One
// thread at a time.
class HashwxSearcher {
 public:
  // Tries the `count` nonces from `first_nonce` on, modulo 2^64, in their order. Returns true, with
  // the first one that solves the part in `found`, or false. `tried` counts the nonces that were
  // looked at: `found` - `first_nonce` + 1, or `count`. Runs compiled code, and the interpreter
  // where the CPU or the system doesn't allow that.
  bool Search(const HashwxJob& job, std::uint64_t first_nonce, std::uint64_t count,
              std::uint64_t* found, std::uint64_t* tried) noexcept;

  // True if the nonces of the last search were hashed by compiled code.
  [[nodiscard]] bool compiled() const noexcept { return compiled_; }

 private:
  // Makes ready for the nonces of function number `index`.
  void Use(const HashwxJob& job, std::uint64_t index) noexcept;

  HashwxCode code_;
  HashwxFunction function_{};
  std::uint32_t midstate_[8] = {};
  std::uint32_t part_ = 0;
  std::uint64_t index_ = 0;
  bool ready_ = false;  // The four above name what function_ and code_ hold.
  bool compiled_ = false;
};

// The same by a searcher of its own: about 30 us more.
bool SearchHashwx(const HashwxJob& job, std::uint64_t first_nonce, std::uint64_t count,
                  std::uint64_t* found, std::uint64_t* tried) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_SEARCH_H_
