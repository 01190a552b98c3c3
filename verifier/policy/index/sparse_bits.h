#ifndef STILE_VERIFIER_POLICY_INDEX_SPARSE_BITS_H_
#define STILE_VERIFIER_POLICY_INDEX_SPARSE_BITS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace stile {

// A set of numbers below `size`, of which few are expected. Meant for the stack: making one touches
// a bit for every 4,096 numbers, and only words that hold a number are ever written.
template <std::size_t kMaxSize>
class SparseBits {
 public:
  static_assert(kMaxSize % 4096 == 0);

  // `size` is at most kMaxSize.
  explicit SparseBits(std::size_t size) noexcept : summaries_((size + 4095) / 4096) {
    for (std::size_t i = 0; i < summaries_; ++i) summary_[i] = 0;
  }
  SparseBits(const SparseBits&) = delete;
  SparseBits& operator=(const SparseBits&) = delete;

  // Adds a number below `size`. Returns false if it was there.
  bool Add(std::size_t number) noexcept {
    const std::size_t word = number / 64;
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    const std::uint64_t word_bit = std::uint64_t{1} << (word % 64);
    if ((summary_[word / 64] & word_bit) == 0) {
      summary_[word / 64] |= word_bit;
      words_[word] = bit;
      return true;
    }
    const bool added = (words_[word] & bit) == 0;
    words_[word] |= bit;
    return added;
  }

  [[nodiscard]] bool Has(std::size_t number) const noexcept {
    return (Word(number / 64) >> (number % 64) & 1) != 0;
  }

  // 64 numbers from 64 * word on.
  [[nodiscard]] std::uint64_t Word(std::size_t word) const noexcept {
    return (summary_[word / 64] >> (word % 64) & 1) != 0 ? words_[word] : 0;
  }
  // Which of the 64 words from 64 * index on hold a number.
  [[nodiscard]] std::uint64_t Summary(std::size_t index) const noexcept { return summary_[index]; }
  [[nodiscard]] std::size_t summaries() const noexcept { return summaries_; }

 private:
  std::size_t summaries_;
  std::array<std::uint64_t, kMaxSize / 4096> summary_;
  std::array<std::uint64_t, kMaxSize / 64> words_;
};

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_INDEX_SPARSE_BITS_H_
