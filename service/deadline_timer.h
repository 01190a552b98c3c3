#ifndef STILE_SERVICE_DEADLINE_TIMER_H_
#define STILE_SERVICE_DEADLINE_TIMER_H_

#include <chrono>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "service/handler_memory.h"
#include "service/timer_wheel.h"

namespace stile {

// The timer wheel of one event loop, turned by one timer that runs only while a deadline is armed.
class DeadlineTimer {
 public:
  explicit DeadlineTimer(boost::asio::io_context& io);

  void Arm(TimerWheel::Node& node, Instant deadline);
  void Arm(TimerWheel::Node& node, std::chrono::milliseconds from_now) {
    Arm(node, CoarseNow() + from_now);
  }
  static void Disarm(TimerWheel::Node& node) noexcept { TimerWheel::Disarm(node); }

  // Lets the loop end. Nothing is called any more.
  void Stop();

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  void Wait();

  TimerWheel wheel_;
  Timer timer_;
  HandlerMemory memory_;
  bool waiting_ = false;
  bool stopped_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_DEADLINE_TIMER_H_
