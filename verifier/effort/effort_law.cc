#include "verifier/effort/effort_law.h"

#include <algorithm>

namespace stile {
namespace {

// Doubles hold every whole number up to here.
constexpr double kMostWhole = 9'007'199'254'740'992;

std::uint64_t RoundedDown(double effort) noexcept {
  return static_cast<std::uint64_t>(std::clamp(effort, 0.0, kMostWhole));
}

}  // namespace

NextEffort StepEffort(std::uint64_t effort, const EffortPeriod& period, double decay) noexcept {
  if (period.dequeued == 0) return {effort, EffortStep::kSkipped};
  const auto served = static_cast<double>(period.dequeued);
  const double waiting = static_cast<double>(period.queue_length);
  const double idle = std::max(0.0, period.idle - (period.length / served) * waiting);
  const double busy = 1 - idle / period.length;
  const auto asked = static_cast<double>(effort);
  if (!(busy > 0)) return {RoundedDown(asked * decay), EffortStep::kIdle};
  const double could_serve = served / busy;
  const auto came = static_cast<double>(period.enqueued);
  if (came >= could_serve) {
    const std::uint64_t spent_each = period.enqueued_effort / period.dequeued;
    return {std::max(spent_each, effort + 1), EffortStep::kRaised};
  }
  double left = came / could_serve;
  left += (1 - left) * decay;
  return {RoundedDown(asked * left), EffortStep::kLowered};
}

}  // namespace stile
