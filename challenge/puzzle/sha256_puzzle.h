#ifndef STILE_CHALLENGE_PUZZLE_SHA256_PUZZLE_H_
#define STILE_CHALLENGE_PUZZLE_SHA256_PUZZLE_H_

#include <array>
#include <cstdint>
#include <span>

#include "challenge/clearance.h"
#include "challenge/hmac_key.h"
#include "challenge/puzzle/part_order.h"
#include "challenge/puzzle/part_target.h"
#include "challenge/sha256.h"

namespace stile {

// The puzzle `sha256`: in each of k parts, find a nonce whose digest is at most a target. Every
// digest starts with the same block, so that one compression per try suffices, for the verifier
// as for the solver. docs/wire-format.md defines it.
class Sha256Puzzle {
 public:
  // `tag` and `id` are those of the sealed challenge. `effort` is at least 1 and `parts` is 1 to
  // 64. Costs one compression.
  Sha256Puzzle(const Tag& tag, const TokenId& id, std::uint8_t alternative, std::uint64_t effort,
               std::uint8_t parts) noexcept;

  [[nodiscard]] bool IsSolvedBy(std::uint32_t part, std::uint64_t nonce) const noexcept;

  using Order = PartOrder;

  // True if there are as many nonces as parts and nonces[i] solves part i for each. Looks at them
  // in the Order of `order_secret`, so that whoever leaves out one part of many doesn't know which
  // to leave. Checks two parts first, or one where the CPU hashes one at a time, and then as many
  // at a time as it hashes side by side; stops at the first such group with a part that isn't
  // solved.
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

  // The largest digest prefix that solves a part.
  [[nodiscard]] std::uint64_t target() const noexcept { return target_; }
  // The hash state after the common first block.
  [[nodiscard]] const Sha256State& midstate() const noexcept { return midstate_; }

  [[nodiscard]] static std::uint64_t Target(std::uint64_t effort, std::uint8_t parts) noexcept {
    return PartTarget(effort, parts);
  }

 private:
  static void FillBlock(std::uint32_t part, std::uint64_t nonce, std::uint8_t* block) noexcept;
  [[nodiscard]] bool Solves(const Sha256State& state) const noexcept;

  Sha256State midstate_;
  std::uint64_t target_;
  std::uint8_t parts_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_SHA256_PUZZLE_H_
