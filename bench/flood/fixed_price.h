#ifndef STILE_BENCH_FLOOD_FIXED_PRICE_H_
#define STILE_BENCH_FLOOD_FIXED_PRICE_H_

#include "bench/flood/price_loop.h"

namespace stile::bench {

// What the level asks, whatever happens.
class FixedPrice : public PriceLoop {
 public:
  double PriceFor(std::uint32_t, double) override { return 100; }
  void OnRedeemed(std::uint32_t, double, Puzzle, double) override {}
  void OnAnswer(std::uint64_t, bool, double, double) override {}
  void OnDesk(double, double) override {}
  bool Offers(Puzzle, double) override { return true; }
  bool AsksAgain(std::uint64_t, double, Puzzle, double) override { return false; }
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_FIXED_PRICE_H_
