#include "service/clock_guard.h"

#include <algorithm>

#include "service/wall_clock.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRetry{60'000};
// A thread that loses its core between two readings takes them again.
constexpr milliseconds kSameMoment{2};
constexpr int kReadings = 50;

milliseconds Size(milliseconds time) noexcept { return time.count() < 0 ? -time : time; }

}  // namespace

ClockGuard::ClockGuard(const ClockReading& first) noexcept
    : origin_(OriginOf(first)), believed_since_(first.boot), looked_(first.boot) {}

ClockGuard::Finding ClockGuard::Look(const ClockReading& reading,
                                     milliseconds adopt_after) noexcept {
  const milliseconds ahead = reading.wall - At(reading.boot);
  const milliseconds passed = std::max(reading.boot - looked_, milliseconds{0});
  looked_ = reading.boot;
  if (Size(ahead) <= kFollowed) {
    Follow(ahead, passed);
    if (!doubts_) return Finding::kNothing;
    doubts_ = false;
    return Finding::kReturned;
  }
  const bool is_new = !doubts_;
  if (is_new || Size(ahead - leap_) > kFollowed) {
    leap_ = ahead;
    kept_since_ = reading.boot;
  }
  if (is_new) not_before_ = reading.boot;
  doubts_ = true;
  const milliseconds long_enough =
      std::min(adopt_after, std::max(kept_since_ - believed_since_, kShortestDoubt));
  if (reading.boot - kept_since_ >= long_enough && reading.boot >= not_before_) {
    return Finding::kDue;
  }
  return is_new ? Finding::kLeapt : Finding::kNothing;
}

void ClockGuard::Follow(milliseconds ahead, milliseconds passed) noexcept {
  if (ahead > kIgnored) {
    origin_ = origin_ + ahead;
  } else if (ahead < -kIgnored) {
    origin_ = origin_ - std::min(-ahead, passed / 2);
  }
}

void ClockGuard::Adopt(const ClockReading& reading) noexcept {
  origin_ = OriginOf(reading);
  believed_since_ = looked_ = reading.boot;
  doubts_ = false;
}

void ClockGuard::Postpone(const ClockReading& reading) noexcept {
  not_before_ = reading.boot + kRetry;
}

ClockReading ReadClocks() noexcept {
  ClockReading reading;
  for (int i = 0; i < kReadings; ++i) {
    const BootClock::time_point before = BootClock::now();
    reading.wall = SystemClock();
    reading.boot = BootClock::now();
    if (reading.boot - before <= kSameMoment) break;
  }
  return reading;
}

}  // namespace stile
