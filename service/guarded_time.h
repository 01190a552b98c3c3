#ifndef STILE_SERVICE_GUARDED_TIME_H_
#define STILE_SERVICE_GUARDED_TIME_H_

#include <atomic>
#include <cstdint>
#include <optional>

#include "challenge/unix_millis.h"
#include "service/boot_clock.h"

namespace stile {

// The time that the whole process goes by: an origin and what the boot clock has counted since.
// Whoever has a ClockGuard sets the origin; every thread may read the time, without a lock.
//
// Keys hold for some weeks around a time. So who is about to move the origin by more than a moment
// makes an engine for the time to come, and between its publication and the new origin both times
// are offered: a request takes the one that its engine has keys for.
class GuardedTime {
 public:
  // Nullopt before the first Set: then nobody guards, and the system's clock is to be asked.
  [[nodiscard]] static std::optional<UnixMillis> Now() noexcept { return Since(origin_); }
  // The time that is offered beside it; nullopt: none is.
  [[nodiscard]] static std::optional<UnixMillis> Offered() noexcept { return Since(offered_); }

  // From here on the boot clock's 0 was at `origin`. Ends what is offered.
  static void Set(UnixMillis origin) noexcept {
    origin_.store(origin.value, std::memory_order_release);
    offered_.store(kNone, std::memory_order_release);
  }
  // Before the engine for it is published. Set ends it.
  static void Offer(UnixMillis origin) noexcept {
    offered_.store(origin.value, std::memory_order_release);
  }

 private:
  static constexpr std::int64_t kNone = INT64_MIN;

  [[nodiscard]] static std::optional<UnixMillis> Since(
      const std::atomic<std::int64_t>& origin) noexcept {
    const std::int64_t value = origin.load(std::memory_order_acquire);
    if (value == kNone) return std::nullopt;
    return UnixMillis{value} + BootClock::now().time_since_epoch();
  }

  static inline std::atomic<std::int64_t> origin_{kNone};
  static inline std::atomic<std::int64_t> offered_{kNone};
};

}  // namespace stile

#endif  // STILE_SERVICE_GUARDED_TIME_H_
