#ifndef STILE_BENCH_SOLVED_CHALLENGE_H_
#define STILE_BENCH_SOLVED_CHALLENGE_H_

#include <cstdint>
#include <string>

#include "challenge/binding.h"
#include "challenge/unix_millis.h"

namespace stile::bench {

// A challenge of the fixture's site with its answers. It has two alternatives: 16 parts of
// sha256, cheap to solve and as dear to verify as any, and a wait of five seconds.
struct SolvedChallenge {
  std::string challenge;
  std::string solution;  // Of the first alternative.
  std::string unsolved;  // The same, with one wrong part.
  std::string waited;    // Of the second.
  std::string forged;    // The challenge with another tag.

  // Ends the process if it can't be made.
  [[nodiscard]] static SolvedChallenge Make(const Client& client, UnixMillis issued_at);
};

}  // namespace stile::bench

#endif  // STILE_BENCH_SOLVED_CHALLENGE_H_
