#ifndef STILE_VERIFIER_TABLES_HEAVY_HITTERS_H_
#define STILE_VERIFIER_TABLES_HEAVY_HITTERS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"

namespace stile {

// Who it is that takes: a clearance's id as two words, or an address prefix and its length.
struct HitterId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t site = 0;  // Site id.

  friend bool operator==(const HitterId&, const HitterId&) noexcept = default;
};

// One of those who take most, and about how much of late.
struct HeavyHitter {
  HitterId id;
  std::uint32_t weight = 0;
};

// Those who take most of what one budget table hands out: the frequent items of Misra and Gries, in
// sets of eight that a keyed hash picks, with weights that halve every five minutes. Whoever makes
// up more than a ninth of what its set sees is in it. Meant to be told only of takings that are
// heavy, so that ordinary traffic costs nothing.
//
// A view of memory like BudgetTable: shared by threads and processes, zeroed when empty. For an
// operator's eyes: what two threads write at once may count as one, and nothing is decided by it.
class HeavyHitters {
 public:
  static constexpr std::size_t kPerSet = 8;

  // How much memory `sets` sets need: a multiple of 64.
  [[nodiscard]] static std::size_t BytesFor(std::size_t sets) noexcept;

  // In `memory`, aligned to 64 and of BytesFor some number of sets. Borrowed. An empty span, and a
  // default one, hold nobody.
  HeavyHitters() = default;
  explicit HeavyHitters(std::span<std::byte> memory) noexcept;

  // Adds `weight` to `id`, whose TableHash is `key`. Lock-free.
  void Add(std::uint64_t key, const HitterId& id, std::uint32_t weight, UnixMillis now) noexcept;

  // Writes the heaviest at `now` to `out`, the heaviest first, and returns how many. Reads
  // everything.
  std::size_t Top(std::span<HeavyHitter> out, UnixMillis now) const noexcept;

 private:
  using Word = std::uint64_t;
  struct Entry;

  Entry* entries_ = nullptr;
  std::size_t sets_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_HEAVY_HITTERS_H_
