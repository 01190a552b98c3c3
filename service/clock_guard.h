#ifndef STILE_SERVICE_CLOCK_GUARD_H_
#define STILE_SERVICE_CLOCK_GUARD_H_

#include <chrono>
#include <cstdint>

#include "challenge/unix_millis.h"
#include "service/boot_clock.h"

namespace stile {

// Both clocks of the machine at one moment: the one that nobody sets, and the one that tells what
// time it is, which operators, NTP and hypervisors set.
struct ClockReading {
  BootClock::time_point boot;
  UnixMillis wall;
};

// Decides how far the system's clock is believed. The time to go by is `origin` and what the boot
// clock counts; so it goes on whatever becomes of the system's clock, and a machine that slept is
// no leap.
//
// A difference of up to kFollowed, as nodes may have among each other, is followed: ahead at once,
// and back by letting time pass at half its pace, so that it never runs back. A greater one is a
// leap, and is doubted: nothing changes until the clock has returned, or has kept to its leap for
// long enough. That is as long as it was believed before, since the clock of a machine that has
// just started knows no better than the one that NTP sets a moment later; but kShortestDoubt at
// least and the configured time at most. A clock that stands still, or runs at another pace, never
// keeps to a leap.
//
// Starting believes the clock: a process has nothing else. For one thread.
class ClockGuard {
 public:
  static constexpr std::chrono::milliseconds kFollowed{60'000};
  static constexpr std::chrono::milliseconds kShortestDoubt{10'000};
  // What two readings of two clocks may seem to be apart.
  static constexpr std::chrono::milliseconds kIgnored{20};

  enum class Finding : std::uint8_t {
    kNothing = 0,
    kLeapt = 1,     // From here on the system's clock is doubted.
    kReturned = 2,  // It no longer is, since it tells what was gone by.
    kDue = 3,       // It has kept to its leap for long enough: Adopt or Postpone.
  };

  explicit ClockGuard(const ClockReading& first) noexcept;

  // Looks at the clocks again; a few times a second. `adopt_after`: how long a leap is doubted at
  // most. 0: not at all, every leap is due at once and none is kLeapt.
  [[nodiscard]] Finding Look(const ClockReading& reading,
                             std::chrono::milliseconds adopt_after) noexcept;

  // Goes by the system's clock as it is now, and doubts it no more.
  void Adopt(const ClockReading& reading) noexcept;
  // It can't be gone by: it isn't due again for a minute.
  void Postpone(const ClockReading& reading) noexcept;

  [[nodiscard]] bool doubts() const noexcept { return doubts_; }
  // The time at which the boot clock was 0, and what that makes of `boot`.
  [[nodiscard]] UnixMillis origin() const noexcept { return origin_; }
  [[nodiscard]] UnixMillis At(BootClock::time_point boot) const noexcept {
    return origin_ + boot.time_since_epoch();
  }
  // What Adopt would make the origin.
  [[nodiscard]] static UnixMillis OriginOf(const ClockReading& reading) noexcept {
    return reading.wall - reading.boot.time_since_epoch();
  }

 private:
  void Follow(std::chrono::milliseconds ahead, std::chrono::milliseconds passed) noexcept;

  UnixMillis origin_;
  BootClock::time_point believed_since_;
  BootClock::time_point looked_;
  bool doubts_ = false;
  std::chrono::milliseconds leap_{0};   // How far ahead it is, while it is doubted,
  BootClock::time_point kept_since_{};  // since when,
  BootClock::time_point not_before_{};  // and before when it isn't due.
};

// Reads both clocks, as close together as it gets.
[[nodiscard]] ClockReading ReadClocks() noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_CLOCK_GUARD_H_
