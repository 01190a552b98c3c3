#ifndef STILE_VERIFIER_TABLES_TABLE_HASH_H_
#define STILE_VERIFIER_TABLES_TABLE_HASH_H_

#include <cstdint>

namespace stile {

// The keyed hash by which tables find their cells. All who use a table have the same key; it is
// random, so that no client can choose the cells that it meets. Two rounds of a folded
// multiplication, about 3 ns. Not a MAC: nothing but a place follows from it.
struct TableHash {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  // A hash of two words. All 64 bits of it are good.
  [[nodiscard]] std::uint64_t Of(std::uint64_t high, std::uint64_t low) const noexcept {
    const std::uint64_t once = Fold(high ^ first, kOddOne ^ second);
    return Fold(low ^ once, kOddTwo ^ first ^ once);
  }

 private:
  static constexpr std::uint64_t kOddOne = 0x9E3779B97F4A7C15;  // The golden ratio's fraction,
  static constexpr std::uint64_t kOddTwo = 0x6A09E667F3BCC909;  // and that of the root of 2.

  [[nodiscard]] static std::uint64_t Fold(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_TABLE_HASH_H_
