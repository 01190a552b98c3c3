#ifndef STILE_BENCH_FLOOD_DICE_H_
#define STILE_BENCH_FLOOD_DICE_H_

#include <cmath>
#include <cstdint>

namespace stile::bench {

// The chance in a simulation: the same numbers for the same seed on every machine, which the
// distributions of the standard library don't promise. Numbers are xoshiro256**'s.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = Mixed(seed += 0x9e3779b97f4a7c15);
  }

  [[nodiscard]] std::uint64_t Next() noexcept {
    const std::uint64_t result = Rotated(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = Rotated(state_[3], 45);
    return result;
  }

  // In [0, 1).
  [[nodiscard]] double Uniform() noexcept { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // In [0, bound), which is not 0.
  [[nodiscard]] std::uint32_t Below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>((Next() >> 32) * bound >> 32);
  }
  [[nodiscard]] double Exponential(double mean) noexcept { return -mean * std::log1p(-Uniform()); }

  // Evaluations that a puzzle of this effort takes somebody: each part is solved by a share of the
  // effort in the mean, and knows nothing of what was tried before.
  [[nodiscard]] double Work(double effort, int parts) noexcept {
    double tried = 0;
    for (int i = 0; i < parts; ++i) tried += Exponential(effort / parts);
    return tried;
  }

 private:
  [[nodiscard]] static std::uint64_t Rotated(std::uint64_t word, int by) noexcept {
    return word << by | word >> (64 - by);
  }
  [[nodiscard]] static std::uint64_t Mixed(std::uint64_t word) noexcept {
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return word ^ word >> 31;
  }

  std::uint64_t state_[4];
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_DICE_H_
