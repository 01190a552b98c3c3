#include "verifier/effort/effort_control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/verifier/effort/effort_scene.h"
#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::Address;
using fixture::EffortId;
using fixture::EffortScene;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr milliseconds kPeriod{EffortControl::kPeriodMillis};
constexpr int kCapacity = 20;  // In a period, with the options below.

EffortOptions TenASecond() {
  EffortOptions options;
  options.admissions = 10;
  return options;
}

TEST(EffortControlTest, AsksWhatIsConfiguredWhileNothingHappens) {
  EffortScene scene(TenASecond());
  EXPECT_EQ(scene.Price(), 100U);
  scene.Wait(hours{24});
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, DemandBelowTheCapacityRaisesNothing) {
  EffortScene scene(TenASecond());
  scene.Redeem(300, kCapacity * 9 / 10);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, ABurstOfAFewRaisesNothing) {
  EffortScene scene(TenASecond());
  scene.Redeem(1, kCapacity + 8);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, ChanceRaisesNothingWhereTheCapacityIsSmall) {
  EffortOptions options;
  options.admissions = 1;
  EffortScene scene(options);
  scene.Redeem(1, 9);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, TenTimesTheCapacityRaisesThePriceTenfoldInTwoPeriods) {
  EffortScene scene(TenASecond());
  scene.Redeem(2, 10 * kCapacity);
  EXPECT_GE(scene.Price(), 1000U);
}

TEST(EffortControlTest, ThePriceSettlesWhereDemandMeetsTheCapacity) {
  // As many come as can pay: at twice the price half as many.
  EffortScene scene(TenASecond());
  for (int i = 0; i < 150; ++i) {
    const auto price = static_cast<int>(scene.Price());
    scene.Redeem(1, 5 * kCapacity * 100 / price);
  }
  EXPECT_GT(scene.Price(), 400U);
  EXPECT_LT(scene.Price(), 700U);
}

TEST(EffortControlTest, OnePeriodRaisesThePriceAtMostFourfold) {
  EffortScene scene(TenASecond());
  scene.Redeem(1, 1000 * kCapacity);
  EXPECT_EQ(scene.Price(), 400U);
}

TEST(EffortControlTest, ThePriceStaysAtTheMost) {
  EffortScene scene(TenASecond(), 1526);
  scene.Redeem(20, 100 * kCapacity);
  EXPECT_EQ(scene.Price(), 1526U);
}

TEST(EffortControlTest, WhatWasSolvedAtAnOldPriceHoldsThePriceAndRaisesItNoFurther) {
  EffortScene scene(TenASecond());
  scene.Redeem(1, 10 * kCapacity);
  ASSERT_EQ(scene.Price(), 400U);
  scene.RedeemAt(100, 30, 10 * kCapacity);
  EXPECT_EQ(scene.Price(), 400U);
}

TEST(EffortControlTest, UnsolvedChallengesMoveNothing) {
  EffortScene scene(TenASecond());
  for (int i = 0; i < 200'000; ++i) {
    static_cast<void>(scene.control->PriceFor(Address("192.0.2.7"), scene.now));
    scene.Wait(milliseconds{1});
  }
  EXPECT_EQ(scene.Price(), 100U);
  EXPECT_EQ(scene.control->PriceFor(Address("192.0.2.7"), scene.now), 100U);
}

TEST(EffortControlTest, FallsSlowlyWhenQuiet) {
  EffortScene scene(TenASecond());
  scene.Redeem(10, 10 * kCapacity);
  std::uint32_t price = scene.Price();
  ASSERT_EQ(price, 1600U);
  int periods = 0;
  while (price > 100) {
    scene.Wait(kPeriod);
    const std::uint32_t next = scene.Price();
    ASSERT_LE(next, price);
    // 15 %, and the period that it is told in; or the end.
    if (next > 100) {
      EXPECT_GE(next, price * 80 / 100);
    }
    price = next;
    ASSERT_LT(++periods, 120) << "not in four minutes";
  }
  EXPECT_GT(periods, 60);
}

TEST(EffortControlTest, BurstAndPauseNeverBringsItDown) {
  EffortScene scene(TenASecond());
  for (int i = 0; i < 20; ++i) {
    scene.Redeem(5, 10 * kCapacity);
    scene.Wait(minutes{1});
    EXPECT_GT(scene.Price(), 200U) << i;
  }
}

TEST(EffortControlTest, HalfTheCapacityLetsItFallToo) {
  EffortScene scene(TenASecond());
  scene.Redeem(3, 10 * kCapacity);
  ASSERT_GT(scene.Price(), 1000U);
  scene.Redeem(300, kCapacity / 2);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, APrefixThatFloodsPaysItself) {
  EffortScene scene(TenASecond());
  const IpAddress flooder = Address("198.51.100.7");
  scene.RedeemFrom(flooder, 30, 5 * kCapacity);
  EXPECT_EQ(scene.Price(), 100U);
  EXPECT_EQ(scene.control->PriceFor(Address("203.0.113.9"), scene.now), 100U);
  EXPECT_GT(scene.control->PriceFor(flooder, scene.now), 800U);
  EXPECT_GT(scene.control->PriceFor(Address("198.51.100.200"), scene.now), 800U);
}

TEST(EffortControlTest, APrefixPaysAtLeastWhatTheSiteAsks) {
  EffortScene scene(TenASecond());
  scene.Redeem(2, 10 * kCapacity);
  EXPECT_EQ(scene.control->PriceFor(Address("203.0.113.9"), scene.now), scene.Price());
  EXPECT_EQ(scene.control->PriceFor(std::nullopt, scene.now), scene.Price());
}

TEST(EffortControlTest, APinHoldsWhateverComes) {
  EffortOptions options = TenASecond();
  options.pin = 300;
  EffortScene scene(options);
  EXPECT_EQ(scene.Price(), 300U);
  scene.Redeem(10, 10 * kCapacity);
  EXPECT_EQ(scene.Price(), 300U);
  EXPECT_EQ(scene.control->PriceFor(Address("192.0.2.7"), scene.now), 300U);
}

TEST(EffortControlTest, WithoutControlNothingIsRaised) {
  EffortOptions options = TenASecond();
  options.control = false;
  EffortScene scene(options);
  scene.Redeem(10, 10 * kCapacity);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, AClockThatGoesBackMovesNoPrice) {
  EffortScene scene(TenASecond());
  scene.Redeem(2, 10 * kCapacity);
  const std::uint32_t before = scene.Price();
  ASSERT_GT(before, 1000U);
  scene.now = scene.now - hours{1};
  EXPECT_EQ(scene.Price(), before);
  scene.Wait(seconds{10});
  EXPECT_EQ(scene.Price(), before);
  // And goes on from there.
  scene.Wait(minutes{10});
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, AClockThatGoesBackAgainAndAgainLowersNothing) {
  EffortScene scene(TenASecond());
  scene.Redeem(10, 10 * kCapacity);
  scene.Wait(seconds{70});  // It falls by now.
  const std::uint32_t before = scene.Price();
  ASSERT_LT(before, 1600U);
  ASSERT_GT(before, 400U);
  for (int i = 0; i < 100; ++i) {
    scene.now = scene.now - hours{1};
    EXPECT_EQ(scene.Price(), before);
  }
}

TEST(EffortControlTest, TimesBeyondAllClocksOverflowNothing) {
  EffortScene scene(TenASecond());
  for (const std::int64_t at : {INT64_MAX, INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    scene.now = UnixMillis{at};
    scene.control->NoteRedemption(Address("192.0.2.7"), 100, scene.now);
    scene.control->NoteOutcome("/", EffortId(1), {true, 5}, scene.now);
    EXPECT_EQ(scene.Price(), 100U);
  }
}

TEST(EffortControlTest, AReloadGoesOnFromThePriceThatWas) {
  EffortScene scene(TenASecond());
  scene.Redeem(2, 10 * kCapacity);
  const std::uint32_t before = scene.Price();
  ASSERT_GT(before, 1000U);
  scene.control = std::make_unique<EffortControl>(scene.table, 1, TenASecond(), 1600);
  EXPECT_EQ(scene.Price(), before);
  EffortControl other_site(scene.table, 2, TenASecond(), 1600);
  EXPECT_EQ(other_site.SitePrice(scene.now), 100U);
}

TEST(EffortControlTest, MoreSitesThanCellsAreControlledToo) {
  EffortScene scene(TenASecond());
  std::vector<std::unique_ptr<EffortControl>> sites;
  for (std::uint32_t i = 10; i < 10 + 2 * EffortTable::kSites; ++i) {
    sites.push_back(std::make_unique<EffortControl>(scene.table, i, TenASecond(), 1600));
  }
  EffortControl& last = *sites.back();
  static_cast<void>(last.SitePrice(scene.now));
  for (std::uint8_t i = 0; i < 200; ++i) {
    last.NoteRedemption(IpAddress::V4({10, 1, i, 1}), 100, scene.now);
  }
  EXPECT_EQ(last.SitePrice(scene.now + kPeriod), 400U);
  EXPECT_EQ(sites.front()->SitePrice(scene.now + kPeriod), 100U);
}

// --- the origin's trouble

class TroubledScene : public EffortScene {
 public:
  explicit TroubledScene(const EffortOptions& options) : EffortScene(options) {
    Visit(60, 100, false);  // It has always served.
  }
};

TEST(EffortControlTest, TroubleWithoutNewClientsRaisesNothing) {
  TroubledScene scene(TenASecond());
  scene.Visit(60, 100, true);
  EXPECT_GT(scene.control->Read(scene.now).trouble, 0.8);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, TroubleLessensTheCapacity) {
  TroubledScene scene(TenASecond());
  for (int i = 0; i < 15; ++i) {
    scene.Visit(0, 0, false);
    for (int visitor = 0; visitor < 100; ++visitor) {
      scene.control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(visitor)),
                                 {visitor % 4 != 0, 20}, scene.now);
    }
    scene.Redeem(1, kCapacity * 9 / 10);
  }
  EXPECT_GT(scene.Price(), 200U);
}

TEST(EffortControlTest, WithoutACapacityDemandAloneRaisesNothing) {
  EffortScene scene(EffortOptions{});
  scene.Redeem(100, 500);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, WithoutACapacityMoreThanUsualInTroubleRaisesThePrice) {
  TroubledScene scene(EffortOptions{});
  scene.Redeem(100, 5);
  scene.Visit(60, 100, false);
  for (int i = 0; i < 10; ++i) {
    for (int visitor = 0; visitor < 100; ++visitor) {
      scene.control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(visitor)), {true, 20},
                                 scene.now);
    }
    scene.Redeem(1, 200);
  }
  EXPECT_GT(scene.Price(), 400U);
}

TEST(EffortControlTest, AnOriginThatBreaksUnderNoMoreThanUsualRaisesNothingForAMinute) {
  TroubledScene scene(EffortOptions{});
  scene.Redeem(300, 20);
  scene.Visit(30, 100, false);
  for (int i = 0; i < 30; ++i) {
    for (int visitor = 0; visitor < 100; ++visitor) {
      scene.control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(visitor)), {true, 20},
                                 scene.now);
    }
    scene.Redeem(1, 18);
    EXPECT_EQ(scene.Price(), 100U);
  }
}

TEST(EffortControlTest, AHammeredAlwaysFailingPageMovesNothing) {
  TroubledScene scene(EffortOptions{});
  for (int i = 0; i < 60; ++i) {
    for (int request = 0; request < 2000; ++request) {
      scene.control->NoteOutcome("/broken", EffortId(static_cast<std::uint64_t>(request % 50)),
                                 {true, 20}, scene.now);
    }
    scene.control->NoteOutcome("/", EffortId(7), {false, 20}, scene.now);
    scene.Redeem(1, 50);
  }
  EXPECT_EQ(scene.control->Read(scene.now).trouble, 0);
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, OneClearanceThatIsFailedEverywhereMovesNothing) {
  TroubledScene scene(EffortOptions{});
  for (int i = 0; i < 60; ++i) {
    for (int request = 0; request < 2000; ++request) {
      scene.control->NoteOutcome("/", EffortId(4242), {true, 20}, scene.now);
    }
    for (int visitor = 0; visitor < 20; ++visitor) {
      scene.control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(visitor)), {false, 20},
                                 scene.now);
    }
    scene.Redeem(1, 50);
  }
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, AFullQueueOfRedemptionsRaisesThePrice) {
  EffortScene scene(EffortOptions{});
  scene.table->SetQueue(900, 1000);
  scene.Redeem(3, 50);
  EXPECT_GT(scene.Price(), 400U);
  scene.table->SetQueue(0, 1000);
  scene.Wait(minutes{10});
  EXPECT_EQ(scene.Price(), 100U);
}

TEST(EffortControlTest, AQuarterOfTheQueueMayBeUsed) {
  EffortScene scene(EffortOptions{});
  scene.table->SetQueue(250, 1000);
  scene.Redeem(30, 50);
  EXPECT_EQ(scene.Price(), 100U);
}

// --- held clearances

Clearance Held(std::uint64_t number, Puzzle puzzle, std::uint8_t effort_log2) {
  Clearance clearance;
  clearance.id = EffortId(number);
  clearance.puzzle = puzzle;
  clearance.effort_log2 = effort_log2;
  return clearance;
}

TEST(EffortControlTest, HeldClearancesAreLeftAloneUnlessThatIsConfigured) {
  EffortScene scene(TenASecond());
  scene.Redeem(300, 10 * kCapacity);
  EXPECT_FALSE(scene.control->DemandsOfHeld());
}

TEST(EffortControlTest, HeldClearancesMustProveMoreOneAfterTheOther) {
  EffortOptions options = TenASecond();
  options.held = true;
  EffortScene scene(options);
  const auto asked = [&] {
    int count = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      if (scene.control->AsksHeld(Held(i, Puzzle::kHashwx, 18), 262'144, true, scene.now)) ++count;
    }
    return count;
  };
  scene.Redeem(29, 10 * kCapacity);
  EXPECT_FALSE(scene.control->DemandsOfHeld());
  scene.Redeem(90, 10 * kCapacity);
  EXPECT_TRUE(scene.control->DemandsOfHeld());
  EXPECT_GT(asked(), 250);
  EXPECT_LT(asked(), 650);
  scene.Redeem(120, 10 * kCapacity);
  EXPECT_EQ(asked(), 1000);
  scene.Wait(minutes{1});
  EXPECT_EQ(asked(), 1000);
  scene.Wait(minutes{10});
  EXPECT_EQ(asked(), 0);
  EXPECT_FALSE(scene.control->DemandsOfHeld());
}

TEST(EffortControlTest, HalfOfWhatIsAskedIsEnoughOfAHeldClearance) {
  EffortOptions options = TenASecond();
  options.held = true;
  EffortScene scene(options);
  scene.Redeem(300, 10 * kCapacity);
  ASSERT_EQ(scene.Price(), 1600U);
  // 4,000,000 are asked, which is its cap; half of that is 2^20.9.
  EXPECT_TRUE(scene.control->AsksHeld(Held(1, Puzzle::kHashwx, 19), 262'144, true, scene.now));
  EXPECT_FALSE(scene.control->AsksHeld(Held(1, Puzzle::kHashwx, 20), 262'144, true, scene.now));
  // Nobody is asked to wait longer.
  EXPECT_FALSE(scene.control->AsksHeld(Held(1, Puzzle::kWait, 0), 5'000, true, scene.now));
}

TEST(EffortControlTest, AFormIsLostToNoHeldClearanceUntilEveryOneIsAsked) {
  EffortOptions options = TenASecond();
  options.held = true;
  EffortScene scene(options);
  scene.Redeem(160, 10 * kCapacity);
  Clearance held = Held(1, Puzzle::kHashwx, 18);
  held.id.back() = 0;
  EXPECT_TRUE(scene.control->AsksHeld(held, 262'144, true, scene.now));
  EXPECT_FALSE(scene.control->AsksHeld(held, 262'144, false, scene.now));
  scene.Redeem(200, 10 * kCapacity);
  EXPECT_TRUE(scene.control->AsksHeld(held, 262'144, false, scene.now));
}

// --- quiet

EffortOptions NothingInQuiet() {
  EffortOptions options = TenASecond();
  options.quiet = QuietAsk::kNone;
  return options;
}

TEST(EffortControlTest, ClientsPassUnaskedAfterFiveQuietMinutes) {
  EffortScene scene(NothingInQuiet());
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
  scene.Wait(minutes{6});
  static_cast<void>(scene.Price());
  EXPECT_TRUE(scene.control->PassesUnasked(scene.now));
}

TEST(EffortControlTest, NobodyPassesUnaskedBeforeThat) {
  EffortScene scene(NothingInQuiet());
  scene.Wait(minutes{4});
  static_cast<void>(scene.Price());
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
}

TEST(EffortControlTest, NobodyPassesUnaskedUnlessThatIsConfigured) {
  EffortScene scene(TenASecond());
  scene.Wait(minutes{6});
  static_cast<void>(scene.Price());
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
}

TEST(EffortControlTest, MoreThanTheSiteCanBearEndsTheQuietAtOnce) {
  EffortScene scene(NothingInQuiet());
  scene.Wait(minutes{6});
  static_cast<void>(scene.Price());
  int passed = 0;
  while (passed < 10'000 && scene.control->PassesUnasked(scene.now)) ++passed;
  EXPECT_GT(passed, 100);
  EXPECT_LT(passed, 1'000);
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
  scene.Wait(minutes{1});
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
  scene.Wait(minutes{6});
  static_cast<void>(scene.Price());
  EXPECT_TRUE(scene.control->PassesUnasked(scene.now));
}

TEST(EffortControlTest, TroubleEndsTheQuietInSeconds) {
  EffortScene scene(NothingInQuiet());
  scene.Visit(200, 100, false);
  ASSERT_TRUE(scene.control->PassesUnasked(scene.now));
  for (std::uint8_t i = 0; i < 100; ++i) {
    scene.control->NoteOutcome(scene.control->UnaskedVisitOf("/", IpAddress::V4({10, 1, i, 1})),
                               {true, 20}, scene.now);
  }
  scene.Wait(kPeriod);
  EXPECT_FALSE(scene.control->PassesUnasked(scene.now));
}

TEST(EffortControlTest, UnaskedOutcomesCountForNothingWhenItIsNotQuiet) {
  TroubledScene scene(TenASecond());
  for (int period = 0; period < 10; ++period) {
    for (std::uint8_t i = 0; i < 200; ++i) {
      scene.control->NoteOutcome(scene.control->UnaskedVisitOf("/", IpAddress::V4({10, 1, i, 1})),
                                 {true, 20}, scene.now);
    }
    scene.Wait(kPeriod);
  }
  EXPECT_EQ(scene.control->Read(scene.now).trouble, 0);
}

// --- threads

TEST(EffortControlTest, TwoThreadsLoseNoRedemption) {
  EffortOptions options;
  options.admissions = kMostAdmissions;
  EffortScene scene(options);
  constexpr int kEach = 50'000;
  const auto redeem = [&scene] {
    for (int i = 0; i < kEach; ++i) {
      scene.control->NoteRedemption(std::nullopt, 100, scene.now);
    }
  };
  std::thread one(redeem);
  std::thread other(redeem);
  one.join();
  other.join();
  EXPECT_EQ(scene.control->Read(scene.now + kPeriod).demand, kEach);
}

TEST(EffortControlTest, OneOfManyThreadsTakesTheStep) {
  EffortScene scene(TenASecond());
  scene.Redeem(1, 20 * kCapacity);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&scene, &wrong] {
      for (int turn = 0; turn < 1000; ++turn) {
        const std::uint32_t price = scene.control->SitePrice(scene.now);
        if (price != 100 && price != 400) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(scene.Price(), 400U);
}

TEST(EffortControlTest, ThreadsAtTheEdgeOfPeriodsKeepThePriceInBounds) {
  EffortScene scene(TenASecond());
  std::atomic<std::int64_t> clock{scene.now.value};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint8_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 40'000; ++i) {
        const UnixMillis now{clock.fetch_add(i % 7 == 0 ? -3 : 5)};
        const IpAddress address =
            IpAddress::V4({10, t, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
        const std::uint32_t price = scene.control->PriceFor(address, now);
        if (price < 100 || price > 1600) ++wrong;
        scene.control->NoteRedemption(address, price, now);
        scene.control->NoteOutcome("/", EffortId(static_cast<std::uint64_t>(i % 50)),
                                   {i % 3 == 0, 20}, now);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace stile
