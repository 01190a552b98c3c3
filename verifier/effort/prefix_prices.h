#ifndef STILE_VERIFIER_EFFORT_PREFIX_PRICES_H_
#define STILE_VERIFIER_EFFORT_PREFIX_PRICES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"

namespace stile {

// The price that one address prefix pays for redeeming more than its share of what a site can bear.
// A cell is one word: the time until which what the prefix has redeemed takes up its share. What
// that is ahead of now, less a burst, is the prefix's excess; each kDoublingMillis of it doubles
// the price. So an excess that lasts raises the price without end, up to the most there is, and one
// that is over lets it fall by half every kDoublingMillis. Two prefixes that share a cell share
// its price.
//
// A view of memory that somebody else owns, zeroed before its first use; shared by threads and
// processes, lock-free. A clock that goes back forgives what it can't tell from a mistake.
class PrefixPrices {
 public:
  static constexpr std::int64_t kDoublingMillis = 27'000;
  static constexpr std::int64_t kBurst = 8;  // Redemptions that may come at once.

  [[nodiscard]] static std::size_t BytesFor(std::size_t cells) noexcept;

  PrefixPrices() = default;  // Nobody's excess is known.
  // `memory` is BytesFor a power of two of cells.
  explicit PrefixPrices(std::span<std::byte> memory) noexcept;

  // Notes a redemption by the prefix whose keyed hash is `key`; one takes `each_us` of its share.
  // Returns whether it was within the share. `most` is the highest price that it may come to.
  bool Note(std::uint64_t key, std::int64_t each_us, std::uint32_t most, UnixMillis now) noexcept;

  // What the prefix pays, in percent: 100 to `most`.
  [[nodiscard]] std::uint32_t PriceOf(std::uint64_t key, std::int64_t each_us, std::uint32_t most,
                                      UnixMillis now) const noexcept;

 private:
  std::atomic<std::int64_t>* taken_until_us_ = nullptr;
  std::size_t mask_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_PREFIX_PRICES_H_
