#include "bench/flood/tor_327_loop.h"

#include <gtest/gtest.h>

namespace stile::bench {
namespace {

Tor327Loop::Options Capacity() {
  Tor327Loop::Options options;
  options.admissions = 5;
  return options;
}

void Redeem(Tor327Loop& loop, int count, double price, double now) {
  for (int i = 0; i < count; ++i) loop.OnRedeemed(0, price, Puzzle::kHashwx, now);
}

TEST(Tor327LoopTest, DemandOfThreeTimesTheCapacityTriplesThePrice) {
  Tor327Loop loop(Capacity());
  EXPECT_EQ(loop.PriceFor(0, 1), 100);
  Redeem(loop, 30, 100, 2);
  EXPECT_EQ(loop.PriceFor(0, 3), 300);
}

TEST(Tor327LoopTest, PriceFallsByAThirdOfItselfInAPeriodWithoutQueue) {
  Tor327Loop loop(Capacity());
  EXPECT_EQ(loop.PriceFor(0, 1), 100);
  Redeem(loop, 30, 100, 2);
  EXPECT_EQ(loop.PriceFor(0, 3), 300);
  EXPECT_EQ(loop.PriceFor(0, 6), 300);  // The queue is worked off until then.
  EXPECT_EQ(loop.PriceFor(0, 7), 200);
  EXPECT_EQ(loop.PriceFor(0, 60), 100);
}

TEST(Tor327LoopTest, OldDearSolutionsInflateThePrice) {
  Tor327Loop loop(Capacity());
  EXPECT_EQ(loop.PriceFor(0, 1), 100);
  Redeem(loop, 11, 1'000, 2);
  EXPECT_GT(loop.PriceFor(0, 3), 1'000);
}

TEST(Tor327LoopTest, NoPriceIsOverTheGreatest) {
  Tor327Loop::Options options = Capacity();
  options.greatest = 500;
  Tor327Loop loop(options);
  EXPECT_EQ(loop.PriceFor(0, 1), 100);
  Redeem(loop, 1'000, 100, 2);
  EXPECT_EQ(loop.PriceFor(0, 3), 500);
}

}  // namespace
}  // namespace stile::bench
