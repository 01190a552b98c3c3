#ifndef STILE_SERVICE_DEGRADED_STATES_H_
#define STILE_SERVICE_DEGRADED_STATES_H_

#include <array>
#include <cstdint>
#include <optional>

#include "challenge/unix_millis.h"
#include "service/degradation.h"

namespace stile {

// One period of a degradation.
struct DegradedPeriod {
  UnixMillis since;
  std::uint64_t requests = 0;  // That it has touched.
};

// Which degradations hold, since when, and how many requests they have touched. For one thread.
class DegradedStates {
 public:
  // How many requests of each kind there have been so far. Never less than before.
  using Counts = std::array<std::uint64_t, kTouchedCount>;

  // Returns the period that begins or ends with this; nullopt if nothing changes.
  std::optional<DegradedPeriod> Set(Degradation degradation, bool holds, UnixMillis now,
                                    const Counts& counts);

  [[nodiscard]] bool Holds(Degradation degradation) const { return Cell(degradation).holds; }
  // The period that lasts; nullopt if it doesn't hold.
  [[nodiscard]] std::optional<DegradedPeriod> PeriodOf(Degradation degradation,
                                                       const Counts& counts) const;
  // Those that all of its periods have touched together.
  [[nodiscard]] std::uint64_t AllTouched(Degradation degradation, const Counts& counts) const;

 private:
  struct State {
    bool holds = false;
    UnixMillis since;
    std::uint64_t before = 0;   // The kind's count when it began.
    std::uint64_t touched = 0;  // By the periods that are over.
  };
  [[nodiscard]] const State& Cell(Degradation degradation) const {
    return states_[static_cast<std::size_t>(degradation)];
  }

  std::array<State, kDegradationCount> states_;
};

}  // namespace stile

#endif  // STILE_SERVICE_DEGRADED_STATES_H_
