#ifndef STILE_ENGINE_ADMISSION_CLIENT_SET_H_
#define STILE_ENGINE_ADMISSION_CLIENT_SET_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "challenge/clearance.h"

namespace stile {

// A number that stands for the clearance of this id, never 0: the same for the same seed, evenly
// spread, and not to be foreseen by who doesn't know the seed.
[[nodiscard]] inline std::uint64_t ClientHash(const TokenId& id, std::uint64_t seed) noexcept {
  const auto mix = [](std::uint64_t x) {
    x = (x ^ x >> 33) * 0xff51afd7ed558ccdU;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53U;
    return x ^ x >> 33;
  };
  std::array<std::uint64_t, 2> words;
  static_assert(sizeof words == sizeof id);
  std::memcpy(words.data(), id.data(), sizeof words);
  return mix(mix(seed ^ words[0]) ^ words[1]) | 1;
}

// About how many different clients there were: exact for some hundreds, a few per cent off for
// 100,000. Any thread adds; it allocates nothing and takes no lock. 8 KiB.
class ClientSet {
 public:
  void Add(std::uint64_t client) noexcept {
    // The lowest bit says nothing, and the upper half is alike in a cohort: it is chosen by that.
    std::atomic<std::uint64_t>& word = words_[client >> 1 & (kWords - 1)];
    const std::uint64_t bit = std::uint64_t{1} << (client >> 11 & 63);
    // A client that comes again shares the line with everybody.
    if ((word.load(std::memory_order_relaxed) & bit) != 0) return;
    word.fetch_or(bit, std::memory_order_relaxed);
  }
  [[nodiscard]] double Count() const noexcept;
  void Clear() noexcept;

 private:
  static constexpr std::size_t kWords = 1024;

  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_CLIENT_SET_H_
