#ifndef STILE_CHALLENGE_ENTROPY_H_
#define STILE_CHALLENGE_ENTROPY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stile {

// The one source of randomness: a ChaCha20 generator that replaces its key with every refill
// ("fast key erasure"), seeded by the system. Makes no system call after its first use and
// notices a fork(), so that parent and child never give the same bytes.
//
// One per thread; not safe to share. Neither copied nor moved: two of them would give the same
// bytes.
class Entropy {
 public:
  Entropy() noexcept = default;  // Seeds itself at the first Fill.
  Entropy(const Entropy&) = delete;
  Entropy& operator=(const Entropy&) = delete;
  ~Entropy();

  // Fills `out`. Returns false, with zeros in `out`, if the system gives no randomness: the
  // caller must then refuse.
  [[nodiscard]] bool Fill(std::span<std::uint8_t> out) noexcept;

 private:
  [[nodiscard]] bool Refill() noexcept;

  std::array<std::uint8_t, 32> key_{};
  std::array<std::uint8_t, 480> pool_{};
  std::size_t left_ = 0;
  std::uint64_t fork_count_ = 0;
  bool seeded_ = false;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_ENTROPY_H_
