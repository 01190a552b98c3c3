#include "service/deadline_timer.h"

#include <algorithm>

namespace stile {

void DeadlineTimer::Arm(TimerWheel::Node& node, Instant deadline) noexcept {
  if (stopped_) return;
  if (wheel_.empty()) {
    // It stood still.
    const Instant now = CoarseNow();
    wheel_.Advance(now);
    next_turn_ = now + TimerWheel::kTick;
  }
  wheel_.Arm(node, deadline);
}

void DeadlineTimer::Turn(Instant now) noexcept {
  if (stopped_ || wheel_.empty()) return;
  if (now < next_turn_) return;
  next_turn_ = now + TimerWheel::kTick;
  wheel_.Advance(now);
}

int DeadlineTimer::Patience(Instant now) const noexcept {
  if (stopped_ || wheel_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_turn_ - now);
  return std::max(0, static_cast<int>(left.count()));
}

}  // namespace stile
