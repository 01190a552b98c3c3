#include "service/degraded_states.h"

#include <algorithm>
#include <cstddef>

namespace stile {
namespace {

std::uint64_t CountOf(Degradation degradation, const DegradedStates::Counts& counts) {
  return counts[static_cast<std::size_t>(TextOf(degradation).touched)];
}

}  // namespace

std::optional<DegradedPeriod> DegradedStates::Set(Degradation degradation, bool holds,
                                                  UnixMillis now, const Counts& counts) {
  State& state = states_[static_cast<std::size_t>(degradation)];
  if (state.holds == holds) return std::nullopt;
  if (holds) {
    state.holds = true;
    state.since = now;
    state.before = CountOf(degradation, counts);
    return DegradedPeriod{now, 0};
  }
  const std::optional<DegradedPeriod> over = PeriodOf(degradation, counts);
  state.holds = false;
  state.touched += over->requests;
  return over;
}

std::optional<DegradedPeriod> DegradedStates::PeriodOf(Degradation degradation,
                                                       const Counts& counts) const {
  const State& state = Cell(degradation);
  if (!state.holds) return std::nullopt;
  const std::uint64_t count = CountOf(degradation, counts);
  return DegradedPeriod{state.since, count - std::min(count, state.before)};
}

std::uint64_t DegradedStates::AllTouched(Degradation degradation, const Counts& counts) const {
  const std::optional<DegradedPeriod> period = PeriodOf(degradation, counts);
  return Cell(degradation).touched + (period ? period->requests : 0);
}

}  // namespace stile
