#ifndef STILE_VERIFIER_REDEEM_MEMO_H_
#define STILE_VERIFIER_REDEEM_MEMO_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "challenge/hmac_key.h"

namespace stile {

// What was recently redeemed, so that a repeat costs no puzzle check and a challenge stops after
// three bad solutions. Holds 8 bytes per challenge in a fixed table of atomic words; forgets the
// least useful entry of a bucket when it is full: old before new, and a first bad solution before a
// solved challenge before an ended one. Forgetting is harmless: the puzzle is checked again. Keyed
// by bits of the challenge's tag, which no client can choose; ask it only about tags that were
// found right.
//
// No mark is lost to a race: marks made at the same time add up.
// Safe to use from many threads at once; lock-free.
class RedeemMemo {
 public:
  static constexpr int kMaxBadSolutions = 3;

  // `entries` is rounded up to a power of two, at least 64.
  explicit RedeemMemo(std::size_t entries = kDefaultEntries);
  // Over memory of somebody else's, which outlives it: BytesFor(entries) bytes aligned to 8, zeroed
  // before their first use. Whoever else uses it has the same `entries`.
  RedeemMemo(std::size_t entries, std::span<std::byte> memory) noexcept;
  static constexpr std::size_t kDefaultEntries = std::size_t{1} << 16;
  [[nodiscard]] static std::size_t BytesFor(std::size_t entries) noexcept;

  struct Recollection {
    std::uint8_t solved = 0;  // Bit i: alternative i was solved before.
    std::uint8_t bad = 0;     // Bad solutions seen, at most 3.
  };
  [[nodiscard]] Recollection Recall(const Tag& challenge) const noexcept;

  void RememberSolved(const Tag& challenge, std::size_t alternative) noexcept;
  void RememberBad(const Tag& challenge) noexcept;

  [[nodiscard]] std::size_t bytes() const noexcept { return (mask_ + 1) * 8; }

 private:
  void Add(const Tag& challenge, std::uint64_t solved, std::uint64_t bad) noexcept;
  [[nodiscard]] std::atomic<std::uint64_t>* BucketOf(const Tag& challenge) const noexcept;

  std::size_t mask_;                                   // Of entries.
  std::unique_ptr<std::atomic<std::uint64_t>[]> own_;  // Null: the memory is somebody else's.
  std::atomic<std::uint64_t>* words_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_REDEEM_MEMO_H_
