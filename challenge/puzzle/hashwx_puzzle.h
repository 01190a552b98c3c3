#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_PUZZLE_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_PUZZLE_H_

#include <array>
#include <cstdint>
#include <span>

#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/sha256.h"

namespace stile {

// The puzzle `hashwx`: in each of k parts, find a nonce whose HashWX is at most a target, under the
// function that the part and the nonce's upper bits name. docs/wire-format.md defines it. A
// verifier interprets: it maps no executable memory.
class HashwxPuzzle {
 public:
  static constexpr std::uint64_t kNoncesPerFunction = kHashwxNoncesPerFunction;

  // `tag` and `id` are those of the sealed challenge. `effort` is at least 1 and `parts` is 1 to
  // 64. Costs one compression. Keeps no view of anything: copies may be checked on any thread.
  HashwxPuzzle(const Tag& tag, const TokenId& id, std::uint8_t alternative, std::uint64_t effort,
               std::uint8_t parts) noexcept;

  // Costs the generation of a function and one hash, about 5 us, and 4 KiB of the stack.
  [[nodiscard]] bool IsSolvedBy(std::uint32_t part, std::uint64_t nonce) const noexcept;

  // True if there are as many nonces as parts and nonces[i] solves part i for each. Looks at one
  // after the other in the PartOrder of `order_secret` and stops at the first that isn't solved.
  [[nodiscard]] bool AreSolvedBy(std::span<const std::uint64_t> nonces,
                                 const std::array<std::uint8_t, 16>& order_secret) const noexcept {
    return Check(nonces, order_secret).solved;
  }
  // The same, with how many parts it has looked at.
  struct Checked {
    bool solved = false;
    std::uint32_t parts = 0;
  };
  [[nodiscard]] Checked Check(std::span<const std::uint64_t> nonces,
                              const std::array<std::uint8_t, 16>& order_secret) const noexcept;

  // The largest hash that solves a part.
  [[nodiscard]] std::uint64_t target() const noexcept { return target_; }
  [[nodiscard]] std::uint8_t parts() const noexcept { return parts_; }
  // The hash state after the block that all seeds share.
  [[nodiscard]] const Sha256State& midstate() const noexcept { return midstate_; }
  // The seed of function number `index` of a part.
  [[nodiscard]] Sha256Digest Seed(std::uint32_t part, std::uint64_t index) const noexcept;

 private:
  Sha256State midstate_;
  std::uint64_t target_;
  std::uint8_t parts_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_PUZZLE_H_
