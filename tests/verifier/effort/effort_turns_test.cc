// The turns of those who redeem, where it is known what the origin can bear.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "tests/verifier/effort/effort_scene.h"
#include "verifier/effort/effort_control.h"

namespace stile {
namespace {

using fixture::EffortScene;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kAdmissions = 10;
constexpr int kStock = 100;  // Turns of stocks at once: ten seconds of the admissions.
constexpr int kRush = 80;    // And of all: a second of eight times that.

EffortOptions Options(double admissions = kAdmissions) {
  EffortOptions options;
  options.admissions = admissions;
  return options;
}

// How many of `wanted` turns there are now for what was bought at `paid`.
int Taken(EffortScene& scene, std::uint32_t paid, int wanted) {
  int taken = 0;
  for (int i = 0; i < wanted; ++i) taken += scene.control->TakeTurn(paid, scene.now) ? 1 : 0;
  return taken;
}

TEST(EffortTurnsTest, NobodyWaitsWhereNoCapacityIsKnown) {
  EffortScene scene({});
  EXPECT_EQ(Taken(scene, 100, 10'000), 10'000);
  EXPECT_EQ(scene.control->TurnIn(100, scene.now), 0);
}

TEST(EffortTurnsTest, NobodyWaitsWithoutControl) {
  EffortOptions options = Options();
  options.control = false;
  EffortScene scene(options);
  EXPECT_EQ(Taken(scene, 100, 10'000), 10'000);
}

TEST(EffortTurnsTest, ARushIsLetInAsFastAsThePriceCanFollow) {
  EffortScene scene(Options());
  EXPECT_EQ(Taken(scene, 100, 10'000), kRush);
  scene.Wait(milliseconds{500});
  EXPECT_EQ(Taken(scene, 100, 10'000), kRush / 2);
}

TEST(EffortTurnsTest, StockIsLetInAsFastAsTheOriginCanBear) {
  EffortScene scene(Options());
  scene.Redeem(3, 200);
  ASSERT_GT(scene.Price(), 200U);
  int taken = 0;
  for (int second = 0; second < 20; ++second) {
    taken += Taken(scene, 100, 1'000);
    scene.Redeem(1, 200);  // Two seconds, at the price.
  }
  EXPECT_GE(taken, kStock + 370);
  EXPECT_LE(taken, kStock + 390);
}

TEST(EffortTurnsTest, WhatPaidHalfOfThePriceIsNoStock) {
  EffortScene scene(Options());
  scene.Redeem(3, 200);
  const std::uint32_t price = scene.Price();
  ASSERT_GT(price, 200U);
  EXPECT_EQ(Taken(scene, 1, 1'000), kRush);  // Whatever it is, there are no more at once.
  scene.Wait(seconds{1});
  EXPECT_EQ(Taken(scene, 1, 1'000), kStock - kRush + 10);
  EXPECT_EQ(Taken(scene, (price + 1) / 2, 1'000), kRush - (kStock - kRush + 10));
}

TEST(EffortTurnsTest, LookingTakesNothing) {
  EffortScene scene(Options());
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(scene.control->TurnIn(100, scene.now), 0);
  EXPECT_EQ(Taken(scene, 100, 1'000), kRush);
}

TEST(EffortTurnsTest, WhoeverComesAgainWhenToldHasOne) {
  EffortScene scene(Options());
  ASSERT_EQ(Taken(scene, 100, 1'000), kRush);
  const std::int64_t left = scene.control->TurnIn(100, scene.now);
  ASSERT_GT(left, 0);
  ASSERT_LE(left, 13);  // Eighty a second.
  scene.Wait(milliseconds{left - 1});
  EXPECT_FALSE(scene.control->TakeTurn(100, scene.now));
  scene.Wait(milliseconds{1});
  EXPECT_TRUE(scene.control->TakeTurn(100, scene.now));
}

TEST(EffortTurnsTest, ASmallSiteLetsSomeInAtOnce) {
  EffortScene scene(Options(0.1));
  EXPECT_EQ(Taken(scene, 100, 1'000), 8);
}

TEST(EffortTurnsTest, AClockThatGoesBackFarLocksNobodyOut) {
  EffortScene scene(Options());
  ASSERT_EQ(Taken(scene, 100, 1'000), kRush);
  scene.Wait(-hours{1});
  EXPECT_EQ(scene.control->TurnIn(100, scene.now), 0);
  EXPECT_EQ(Taken(scene, 100, 1'000), kRush);
}

TEST(EffortTurnsTest, ControlsOfOneSiteShareTheirTurns) {
  EffortScene scene(Options());
  EffortControl other(scene.table, 1, Options(), 1600);
  ASSERT_EQ(Taken(scene, 100, 50), 50);
  int taken = 0;
  for (int i = 0; i < 1'000; ++i) taken += other.TakeTurn(100, scene.now) ? 1 : 0;
  EXPECT_EQ(taken, kRush - 50);
}

}  // namespace
}  // namespace stile
