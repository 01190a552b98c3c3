#ifndef STILE_VERIFIER_EFFORT_TURN_RATE_H_
#define STILE_VERIFIER_EFFORT_TURN_RATE_H_

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

namespace stile {

// Turns at an even rate, some of them at once: each takes `each_us`, and what was taken may be
// ahead of the clock by `ahead_us`. What was taken is one number, the time at which the last turn
// ends, in microseconds; it is the caller's, who may share it between processes.
struct TurnRate {
  static constexpr double kMicros = 1e6;
  static constexpr std::int64_t kLeastTurns = 8;  // At once, however small the rate.

  std::int64_t each_us = 0;
  std::int64_t ahead_us = 0;

  // `per_second` is above 0.
  [[nodiscard]] static TurnRate Of(double per_second, double burst_seconds) noexcept {
    const auto each = static_cast<std::int64_t>(std::ceil(kMicros / per_second));
    const auto burst = static_cast<std::int64_t>(per_second * burst_seconds + 0.5);
    return {each, each * std::max(burst, kLeastTurns)};
  }

  // When the next one begins, where the last one ends at `until_us`. A clock that went back far
  // forgives what was taken.
  [[nodiscard]] std::int64_t Begin(std::int64_t until_us, std::int64_t now_us) const noexcept {
    const bool sane = until_us <= now_us + ahead_us + static_cast<std::int64_t>(kMicros);
    return sane ? std::max(until_us, now_us) : now_us;
  }
  // How long until one is left; 0 if one is.
  [[nodiscard]] std::int64_t LeftIn(std::int64_t until_us, std::int64_t now_us) const noexcept {
    return std::max<std::int64_t>(Begin(until_us, now_us) + each_us - ahead_us - now_us, 0);
  }
  // Takes one. Returns false if none is left.
  [[nodiscard]] bool Take(std::atomic<std::int64_t>& until_us, std::int64_t now_us) const noexcept {
    std::int64_t until = until_us.load(std::memory_order_relaxed);
    do {
      if (LeftIn(until, now_us) > 0) return false;
    } while (!until_us.compare_exchange_weak(until, Begin(until, now_us) + each_us,
                                             std::memory_order_relaxed));
    return true;
  }
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_TURN_RATE_H_
