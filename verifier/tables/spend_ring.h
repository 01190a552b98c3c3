#ifndef STILE_VERIFIER_TABLES_SPEND_RING_H_
#define STILE_VERIFIER_TABLES_SPEND_RING_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"

namespace stile {

// Which of the last `capacity` numbers were used: one bit each, and nothing that is evicted. A view
// of memory that somebody else owns, which any number of threads and processes may use at once.
// Memory of zeros is an empty ring.
//
// Numbers are given in order and for ever; number n has bit n mod capacity. A word is 56 bits and
// the lap they belong to, so that a later lap takes a word over in one exchange. Issue gives no
// number whose word may still be needed: each block of words has a word with the latest expiry in
// it. What is spent is spent whatever a clock does: times decide only how long a token may be used
// and when its bit may be.
//
// Every change is one exchange of one word. A process that is killed between two of them leaves
// numbers that nobody got, and nothing else.
//
// A clock that is set back by up to a minute is taken to stand still until it is where it was. One
// that is set back further makes every number given before void, so that nothing that had expired
// comes back.
class SpendRing {
 public:
  static constexpr std::size_t kMaxCapacity = std::size_t{1} << 36;

  // How many bytes a ring for at least `capacity` tokens at a time takes: a multiple of 64, about
  // 1.16 bits a token. At least one block, at most kMaxCapacity.
  [[nodiscard]] static std::size_t BytesFor(std::size_t capacity) noexcept;

  // A ring without memory: it is full, and everything is unknown to it.
  SpendRing() = default;
  // `memory` is BytesFor of the capacity wanted, at a multiple of 64, and outlives the ring.
  // Whoever attaches the same memory gives the same size.
  explicit SpendRing(std::span<std::byte> memory) noexcept;

  struct Number {
    std::uint64_t sequence = 0;
    std::uint32_t expires_at = 0;  // Unix seconds.
  };
  // Takes the next number, for a token that lives `seconds` (at most
  // SpendNumbers::kMaxTokenSeconds) from `now`. Returns false if its bit may still be needed by one
  // that hasn't expired.
  [[nodiscard]] bool Issue(UnixMillis now, std::uint32_t seconds, Number& out) noexcept;

  // Uses `sequence` up, of a token that expires at `expires_at`. kUnknown if it was never given, is
  // void, has expired or its bit is another's by now. kFresh once, and kSpent from then on until it
  // is kUnknown.
  [[nodiscard]] SpendResult Spend(std::uint64_t sequence, std::uint32_t expires_at,
                                  UnixMillis now) noexcept;

  [[nodiscard]] std::size_t capacity() const noexcept { return words_ * kBitsPerWord; }
  // How many numbers were given so far.
  [[nodiscard]] std::uint64_t issued() const noexcept;

 private:
  static constexpr std::size_t kBitsPerWord = 56;
  static constexpr std::size_t kWordsPerBlock = 64;

  // Where a sequence is.
  struct Place {
    std::uint64_t lap;
    std::size_t word;
    std::uint64_t bit;
  };
  [[nodiscard]] Place PlaceOf(std::uint64_t sequence) const noexcept;
  // The time that counts: never earlier than what any caller has seen, but where the clock was set
  // back for good. In seconds.
  [[nodiscard]] std::uint64_t HeedClock(UnixMillis now) noexcept;
  enum class Entry : std::uint8_t { kFull, kEntered, kPassed };
  // Makes sure that the block of `place` belongs to its lap and lives until `expires_at`. kFull:
  // not yet, it holds tokens that haven't expired at `now`. kPassed: `next` is no longer the number
  // to give.
  [[nodiscard]] Entry EnterBlock(std::uint64_t next, const Place& place, std::uint64_t now,
                                 std::uint32_t expires_at) noexcept;
  void EnterWord(const Place& place) noexcept;

  std::uint64_t* head_ = nullptr;    // Three lines: the next number, the clock, the void numbers.
  std::uint64_t* blocks_ = nullptr;  // One word a block: lap, latest expiry.
  std::uint64_t* bits_ = nullptr;
  std::size_t words_ = 0;
  std::uint64_t reciprocal_ = 0;  // Of words_.
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_SPEND_RING_H_
