#include "bench/flood/tor_327_loop.h"

#include <algorithm>
#include <cmath>

namespace stile::bench {

double Tor327Loop::PriceFor(std::uint32_t, double now) {
  StepUntil(now);
  return published_;
}

void Tor327Loop::OnRedeemed(std::uint32_t, double price, Puzzle puzzle, double now) {
  StepUntil(now);
  if (puzzle == Puzzle::kWait) return;
  total_ += price;
  redeemed_ += 1;
  top_ = std::max(top_, price);
}

void Tor327Loop::StepUntil(double now) noexcept {
  if (ends_ == 0) ends_ = now + options_.period;
  for (; ends_ <= now; ends_ += options_.period) Step();
}

void Tor327Loop::Step() noexcept {
  const double can = options_.admissions * options_.period;
  const double waiting = queue_ + redeemed_;
  const double handled = std::min(waiting, can);
  // Nobody waits longer than Tor lets a client: 30 s.
  queue_ = std::min(waiting - handled, options_.admissions * 30);
  if (queue_ > 0) {
    if (top_ >= price_) price_ = std::max(price_ + 1, total_ / std::max(1.0, handled));
  } else {
    price_ = std::floor(price_ * 2 / 3);
    top_ = 0;
  }
  // A level is never asked less than it says, nor more than the slowest device can bear.
  price_ = std::clamp(price_, 100.0, options_.greatest);
  if (std::abs(price_ - published_) >= 0.15 * published_ || price_ == 100) published_ = price_;
  total_ = redeemed_ = 0;
}

}  // namespace stile::bench
