#ifndef STILE_TESTS_SIMULATION_FLEET_REPORT_H_
#define STILE_TESTS_SIMULATION_FLEET_REPORT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/simulation/fleet.h"
#include "tests/simulation/fleet_mode.h"

namespace stile::simulation {

// The mode that a seed runs in where none is named.
[[nodiscard]] constexpr Mode ModeOf(std::uint64_t seed) noexcept {
  return static_cast<Mode>(seed % static_cast<std::uint64_t>(Mode::kCount));
}

// What many runs came to, by mode: the form in which results are published.
class FleetReport {
 public:
  // Says at once what a run found, and how to see it again.
  void Add(std::uint64_t seed, Mode mode, const FleetOutcome& outcome);
  void Print() const;

  [[nodiscard]] std::uint64_t mistakes() const noexcept { return mistakes_; }
  [[nodiscard]] const FleetOutcome& of(Mode mode) const {
    return sums_[static_cast<std::size_t>(mode)];
  }
  [[nodiscard]] const FaultCounts& faults() const noexcept { return faults_; }

 private:
  static constexpr std::size_t kModes = static_cast<std::size_t>(Mode::kCount);
  std::array<FleetOutcome, kModes> sums_;
  std::array<std::uint64_t, kModes> seeds_{};
  FaultCounts faults_{};
  std::uint64_t mistakes_ = 0;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_FLEET_REPORT_H_
