#ifndef STILE_SERVICE_DEADLINE_TIMER_H_
#define STILE_SERVICE_DEADLINE_TIMER_H_

#include <chrono>

#include "service/timer_wheel.h"

namespace stile {

// The timer wheel of one event loop, which turns it between two waits.
class DeadlineTimer {
 public:
  DeadlineTimer() : wheel_(CoarseNow()) {}

  void Arm(TimerWheel::Node& node, Instant deadline) noexcept;
  void Arm(TimerWheel::Node& node, std::chrono::milliseconds from_now) noexcept {
    Arm(node, CoarseNow() + from_now);
  }
  static void Disarm(TimerWheel::Node& node) noexcept { TimerWheel::Disarm(node); }

  // Calls what is due at `now`, which may be some time ago.
  void Turn(Instant now) noexcept;
  // For how many milliseconds from `now` nothing else will be due; -1: for ever.
  [[nodiscard]] int Patience(Instant now) const noexcept;

  // Nothing is called any more.
  void Stop() noexcept { stopped_ = true; }

 private:
  TimerWheel wheel_;
  Instant next_turn_{};
  bool stopped_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_DEADLINE_TIMER_H_
