#ifndef STILE_SERVICE_RETRY_PAUSE_H_
#define STILE_SERVICE_RETRY_PAUSE_H_

#include <algorithm>
#include <chrono>
#include <random>

namespace stile {

// When a server that was lost is tried again: twice as late after each failure, and never at the
// same time as others who lost it with us. One thread.
class RetryPause {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kFirst{50};
  static constexpr std::chrono::milliseconds kLongest{2'000};

  RetryPause() : random_(std::random_device()()) {}

  [[nodiscard]] bool IsOver(Clock::time_point now) const noexcept { return now >= until_; }
  void Fail(Clock::time_point now) noexcept {
    std::uniform_int_distribution<std::chrono::milliseconds::rep> jitter(next_.count() / 2,
                                                                         next_.count() * 3 / 2);
    until_ = now + std::chrono::milliseconds{jitter(random_)};
    next_ = std::min(next_ * 2, kLongest);
  }
  void Succeed() noexcept { next_ = kFirst; }

 private:
  std::chrono::milliseconds next_ = kFirst;
  Clock::time_point until_;
  std::minstd_rand random_;
};

}  // namespace stile

#endif  // STILE_SERVICE_RETRY_PAUSE_H_
