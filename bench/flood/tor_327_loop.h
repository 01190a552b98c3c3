#ifndef STILE_BENCH_FLOOD_TOR_327_LOOP_H_
#define STILE_BENCH_FLOOD_TOR_327_LOOP_H_

#include <cstdint>

#include "bench/flood/fixed_price.h"

namespace stile::bench {

// The loop of Tor's proposal 327 with prices for efforts. Tor's service has a queue of clients
// with their solutions; here what is redeemed in a period beyond what the origin may be given
// counts as having had to queue. Everything redeemed counts with the price that it was issued at,
// which is what makes the loop inflatable.
class Tor327Loop : public FixedPrice {
 public:
  struct Options {
    double admissions = 0;    // A second that the origin can bear.
    double period = 2;        // Seconds; Tor's own is 300.
    double greatest = 1'526;  // Percent: see Door::Options.
  };
  explicit Tor327Loop(const Options& options) noexcept : options_(options) {}

  double PriceFor(std::uint32_t prefix, double now) override;
  void OnRedeemed(std::uint32_t prefix, double price, Puzzle puzzle, double now) override;

 private:
  void StepUntil(double now) noexcept;
  void Step() noexcept;

  Options options_;
  double ends_ = 0;  // The period.
  double price_ = 100;
  double published_ = 100;
  double total_ = 0;  // Of the prices of all redeemed in this period.
  double redeemed_ = 0;
  double top_ = 0;    // The highest price of those that have had to queue.
  double queue_ = 0;  // Of those that the origin could not be given yet.
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_TOR_327_LOOP_H_
