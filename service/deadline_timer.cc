#include "service/deadline_timer.h"

#include <boost/asio/bind_allocator.hpp>

namespace stile {

DeadlineTimer::DeadlineTimer(boost::asio::io_context& io)
    : wheel_(CoarseNow()), timer_(io.get_executor()) {}

void DeadlineTimer::Arm(TimerWheel::Node& node, Instant deadline) {
  if (stopped_) return;
  if (wheel_.empty()) wheel_.Advance(CoarseNow());  // It stood still.
  wheel_.Arm(node, deadline);
  if (!waiting_) Wait();
}

void DeadlineTimer::Wait() {
  waiting_ = true;
  timer_.expires_after(TimerWheel::kTick);
  timer_.async_wait(boost::asio::bind_allocator(HandlerAllocator<void>(memory_),
                                                [this](const boost::system::error_code& error) {
                                                  waiting_ = false;
                                                  if (error || stopped_) return;
                                                  wheel_.Advance(CoarseNow());
                                                  if (!wheel_.empty() && !waiting_ && !stopped_)
                                                    Wait();
                                                }));
}

void DeadlineTimer::Stop() {
  stopped_ = true;
  timer_.cancel();
}

}  // namespace stile
