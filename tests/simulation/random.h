#ifndef STILE_TESTS_SIMULATION_RANDOM_H_
#define STILE_TESTS_SIMULATION_RANDOM_H_

#include <cstdint>

namespace stile::simulation {

// Numbers that one seed decides: the same on every machine and compiler. Not for secrets.
class Random {
 public:
  // Neighbouring seeds begin at places that have nothing to do with each other.
  explicit Random(std::uint64_t seed) noexcept : state_(Mix(Mix(seed + 0x5EED) + seed)) {}

  std::uint64_t Next() noexcept {
    state_ += 0x9E3779B97F4A7C15u;
    return Mix(state_);
  }

  // One of 0 .. bound - 1; `bound` is not 0 and far below 2^32.
  std::uint64_t Below(std::uint64_t bound) noexcept { return (Next() >> 32) * bound >> 32; }
  // One of low .. high.
  std::uint64_t Between(std::uint64_t low, std::uint64_t high) noexcept {
    return low + Below(high - low + 1);
  }
  bool OneIn(std::uint64_t n) noexcept { return Below(n) == 0; }
  bool PerMille(std::uint64_t n) noexcept { return Below(1000) < n; }

 private:
  static std::uint64_t Mix(std::uint64_t mixed) noexcept {
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
  }

  std::uint64_t state_;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_RANDOM_H_
