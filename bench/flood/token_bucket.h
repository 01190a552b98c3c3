#ifndef STILE_BENCH_FLOOD_TOKEN_BUCKET_H_
#define STILE_BENCH_FLOOD_TOKEN_BUCKET_H_

#include <algorithm>

namespace stile::bench {

// A rate with a burst, in simulated seconds. Full at first.
struct TokenBucket {
  double rate = 0;   // A second.
  double burst = 0;  // The most that it holds.
  double held = 0;
  double filled_at = 0;

  [[nodiscard]] static TokenBucket Of(double rate, double burst, double now) noexcept {
    return {rate, burst, burst, now};
  }
  void Fill(double now) noexcept {
    held = std::min(burst, held + (now - filled_at) * rate);
    filled_at = now;
  }
  // Takes as much of `wanted` as there is, and returns it.
  double TakeUpTo(double wanted, double now) noexcept {
    Fill(now);
    const double taken = std::min(wanted, held);
    held -= taken;
    return taken;
  }
  // Takes one if there is one.
  [[nodiscard]] bool TakeOne(double now) noexcept {
    Fill(now);
    if (held < 1) return false;
    held -= 1;
    return true;
  }
  // Seconds from the last Fill until one is there.
  [[nodiscard]] double Wait() const noexcept { return held >= 1 ? 0 : (1 - held) / rate; }
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_TOKEN_BUCKET_H_
