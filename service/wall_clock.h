#ifndef STILE_SERVICE_WALL_CLOCK_H_
#define STILE_SERVICE_WALL_CLOCK_H_

#include <cstdint>
#include <ctime>

#include "challenge/unix_millis.h"
#include "service/guarded_time.h"

namespace stile {

// What the system's clock says. Nothing but a ClockGuard and programs that serve nobody should
// believe it.
[[nodiscard]] inline UnixMillis SystemClock() noexcept {
  timespec time = {};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return UnixMillis{std::int64_t{time.tv_sec} * 1'000 + time.tv_nsec / 1'000'000};
}

// What time it is. The libraries never ask: the programs do, and pass it in. In stiled this is
// GuardedTime, in any other program what the system's clock says.
[[nodiscard]] inline UnixMillis WallClock() noexcept {
  if (const auto time = GuardedTime::Now()) return *time;
  return SystemClock();
}

}  // namespace stile

#endif  // STILE_SERVICE_WALL_CLOCK_H_
