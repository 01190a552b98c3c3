#include "bench/flood/door.h"

#include <gtest/gtest.h>

#include "bench/flood/fixed_price.h"

namespace stile::bench {
namespace {

using Result = Door::Result;

class DoorTest : public testing::Test {
 protected:
  Door::Clearance Cleared(Puzzle puzzle, double now) {
    Door::Challenge challenge = door_.Ask(0, now);
    challenge.issued -= options_.wait;
    const Door::Redemption redemption = door_.Redeem(challenge, puzzle, now);
    EXPECT_EQ(redemption.result, Result::kCleared);
    return redemption.clearance;
  }

  Door::Options options_;
  FixedPrice price_;
  Door door_{options_, 4, price_};
};

TEST_F(DoorTest, NothingPassesWithoutClearance) {
  Door::Clearance none;
  EXPECT_EQ(door_.Take(none, 10, 1), 0);
  EXPECT_EQ(door_.counts().refused, 10);
  EXPECT_EQ(door_.counts().passed, 0);
}

TEST_F(DoorTest, ClearancePassesAsMuchAsItsBudget) {
  Door::Clearance clearance = Cleared(Puzzle::kHashwx, 1);
  EXPECT_EQ(door_.Take(clearance, 1'000, 1), 300);
  EXPECT_EQ(door_.Take(clearance, 1'000, 11), 10);
  EXPECT_EQ(door_.counts().passed, 310);
  EXPECT_EQ(door_.counts().refused, 1'690);
}

TEST_F(DoorTest, FallbacksBuyLess) {
  Door::Clearance half = Cleared(Puzzle::kSha256, 1);
  EXPECT_EQ(door_.Take(half, 1'000, 1), 150);
  Door::Clearance tenth = Cleared(Puzzle::kWait, 1);
  EXPECT_EQ(door_.Take(tenth, 1'000, 1), 30);
}

TEST_F(DoorTest, ClearancesOfOnePrefixShareItsBudget) {
  double passed = 0;
  for (int i = 0; i < 30; ++i) {
    Door::Clearance clearance = Cleared(Puzzle::kHashwx, 1);
    passed += door_.Take(clearance, 300, 1);
  }
  EXPECT_EQ(passed, options_.prefix_burst);
}

TEST_F(DoorTest, WaitIsLimitedForEachPrefix) {
  for (int i = 0; i < 10; ++i) Cleared(Puzzle::kWait, 1);
  Door::Challenge challenge = door_.Ask(0, 1);
  const Door::Redemption limited = door_.Redeem(challenge, Puzzle::kWait, 7);
  EXPECT_EQ(limited.result, Result::kLimited);
  EXPECT_GE(limited.retry_after, 1);
  challenge.prefix = 1;
  EXPECT_EQ(door_.Redeem(challenge, Puzzle::kWait, 7).result, Result::kCleared);
}

TEST_F(DoorTest, WaitCantBeHurried) {
  const Door::Challenge challenge = door_.Ask(0, 1);
  EXPECT_EQ(door_.Redeem(challenge, Puzzle::kWait, 5.9).result, Result::kLimited);
}

TEST_F(DoorTest, ChallengesExpire) {
  const Door::Challenge challenge = door_.Ask(0, 1);
  EXPECT_EQ(door_.Redeem(challenge, Puzzle::kHashwx, 601.5).result, Result::kExpired);
}

TEST_F(DoorTest, NoPriceAsksMoreThanTheGreatestEffort) {
  const Door::Challenge challenge{0, 100'000, 1};
  EXPECT_EQ(door_.EffortOf(challenge, Puzzle::kHashwx), options_.hashwx_greatest);
  EXPECT_EQ(door_.EffortOf(challenge, Puzzle::kSha256), options_.sha256_greatest);
}

TEST_F(DoorTest, DeskChecksNoFasterThanItCan) {
  int cleared = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Door::Challenge challenge = door_.Ask(0, 1);
    cleared += door_.Redeem(challenge, Puzzle::kHashwx, 1).result == Result::kCleared;
  }
  EXPECT_EQ(cleared, options_.desk_places);
}

// Lets three in, and nobody who paid less than the price.
class NarrowPrice : public FixedPrice {
 public:
  double TakeTurn(double price, Puzzle, double) override {
    return price >= 100 && left_-- > 0 ? 0 : 7;
  }

 private:
  int left_ = 3;
};

TEST_F(DoorTest, WhoeverHasNoTurnIsToldWhenToComeAgain) {
  NarrowPrice price;
  Door door(options_, 4, price);
  const Door::Redemption cheap = door.Redeem({0, 50, 99}, Puzzle::kHashwx, 100);
  EXPECT_EQ(cheap.result, Door::Result::kLimited);
  EXPECT_EQ(cheap.retry_after, 7);
  int cleared = 0;
  for (int i = 0; i < 10; ++i) {
    cleared += door.Redeem({0, 100, 99}, Puzzle::kHashwx, 100).result == Door::Result::kCleared;
  }
  EXPECT_EQ(cleared, 3);
}

}  // namespace
}  // namespace stile::bench
