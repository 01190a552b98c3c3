#ifndef STILE_SERVICE_BOOT_CLOCK_H_
#define STILE_SERVICE_BOOT_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>

namespace stile {

// The time since the machine started, with what it slept: a clock that nobody sets. It goes on over
// a restart of the process, but not of the machine.
struct BootClock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::milliseconds;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;

  [[nodiscard]] static time_point now() noexcept {
    timespec time = {};
    (void)::clock_gettime(CLOCK_BOOTTIME, &time);
    return time_point(duration(std::int64_t{time.tv_sec} * 1'000 + time.tv_nsec / 1'000'000));
  }
};

// What tells this start of the machine from every other: 36 letters, digits and hyphens; empty if
// the system doesn't say.
[[nodiscard]] std::string BootId();

}  // namespace stile

#endif  // STILE_SERVICE_BOOT_CLOCK_H_
