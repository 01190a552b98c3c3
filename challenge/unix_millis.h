#ifndef STILE_CHALLENGE_UNIX_MILLIS_H_
#define STILE_CHALLENGE_UNIX_MILLIS_H_

#include <chrono>
#include <compare>
#include <cstdint>

namespace stile {

// A point in time: milliseconds since 1970-01-01T00:00:00Z. Nothing in the library reads a clock:
// callers pass the time in.
struct UnixMillis {
  std::int64_t value = 0;

  // Returns whole seconds, rounded down.
  [[nodiscard]] constexpr std::int64_t Seconds() const noexcept {
    return value >= 0 ? value / 1000 : (value - 999) / 1000;
  }

  [[nodiscard]] static constexpr UnixMillis FromSeconds(std::int64_t seconds) noexcept {
    return UnixMillis{seconds * 1000};
  }

  friend constexpr auto operator<=>(UnixMillis, UnixMillis) noexcept = default;
  friend constexpr UnixMillis operator+(UnixMillis t, std::chrono::milliseconds d) noexcept {
    return UnixMillis{t.value + d.count()};
  }
  friend constexpr UnixMillis operator-(UnixMillis t, std::chrono::milliseconds d) noexcept {
    return UnixMillis{t.value - d.count()};
  }
  friend constexpr std::chrono::milliseconds operator-(UnixMillis a, UnixMillis b) noexcept {
    return std::chrono::milliseconds{a.value - b.value};
  }
};

}  // namespace stile

#endif  // STILE_CHALLENGE_UNIX_MILLIS_H_
