#include "service/deadline_timer.h"

namespace stile {

void DeadlineTimer::Arm(TimerWheel::Node& node, Instant deadline) {
  if (stopped_) return;
  if (wheel_.empty()) {
    // It stood still.
    const Instant now = CoarseNow();
    wheel_.Advance(now);
    next_turn_ = now + TimerWheel::kTick;
  }
  wheel_.Arm(node, deadline);
}

int DeadlineTimer::Turn() {
  if (stopped_ || wheel_.empty()) return -1;
  const Instant now = CoarseNow();
  if (now >= next_turn_) {
    next_turn_ = now + TimerWheel::kTick;
    wheel_.Advance(now);
    if (stopped_ || wheel_.empty()) return -1;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_turn_ - now);
  return static_cast<int>(left.count()) + 1;
}

}  // namespace stile
