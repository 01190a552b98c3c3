#include "verifier/tables/budget_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixMillis kNow{1'790'000'000'000};
constexpr Rate kTenASecond{10, seconds{1}, 5};

// A table with memory of its own.
class OwnTable {
 public:
  explicit OwnTable(std::size_t cells)
      : memory_(BudgetTable::BytesFor(cells) + BudgetTable::kLineBytes) {
    void* begin = memory_.data();
    std::size_t room = memory_.size();
    std::align(BudgetTable::kLineBytes, BudgetTable::BytesFor(cells), begin, room);
    table_ = BudgetTable({static_cast<std::byte*>(begin), BudgetTable::BytesFor(cells)});
  }
  BudgetTable* operator->() { return &table_; }
  BudgetTable& operator*() { return table_; }

 private:
  std::vector<std::byte> memory_;
  BudgetTable table_;
};

// A key of line 0 of a table of any size, with a tag of its own.
std::uint64_t KeyInFirstLine(std::uint64_t tag) { return (tag + 1) << 42; }

int TakeAll(BudgetTable& table, std::uint64_t key, const Pace& pace, UnixMillis now,
            int tries = 100'000) {
  int taken = 0;
  while (taken < tries && table.Take(key, pace, 1, now).taken) ++taken;
  return taken;
}

TEST(BudgetTableTest, HasRoomForWhatItIsAskedFor) {
  EXPECT_EQ(BudgetTable::BytesFor(0), 64u);
  EXPECT_EQ(BudgetTable::BytesFor(7), 64u);
  EXPECT_EQ(BudgetTable::BytesFor(8), 128u);
  OwnTable table(100'000);
  EXPECT_GE(table->cells(), 100'000u);
}

TEST(BudgetTableTest, PaceKeepsRequestsApartByTheirShareOfThePeriod) {
  const Pace pace = BudgetTable::PaceOf({600, minutes{10}, 300});
  EXPECT_EQ(pace.interval, 64'000u);
  EXPECT_EQ(pace.span, 300u * 64'000);
}

TEST(BudgetTableTest, PaceIsRoundedToFewerRequests) {
  EXPECT_EQ(BudgetTable::PaceOf({7, seconds{1}, 1}).interval, 9'143u);  // 64,000 / 7 = 9,142.9
}

TEST(BudgetTableTest, PaceOfNothingLimitsNothing) {
  EXPECT_FALSE(BudgetTable::PaceOf({}).limits());
  EXPECT_FALSE(BudgetTable::PaceOf({1, seconds{1}, 0}).limits());
  EXPECT_FALSE(BudgetTable::PaceOf({1, seconds{0}, 1}).limits());
  OwnTable table(7);
  EXPECT_EQ(TakeAll(*table, 1, {}, kNow, 1000), 1000);
}

TEST(BudgetTableTest, BurstThatTakesDaysIsCutToADay) {
  const Pace pace = BudgetTable::PaceOf({1, hours{24}, 1'000'000});
  EXPECT_EQ(pace.span, BudgetTable::kMaxSpan);
}

TEST(BudgetTableTest, GivesTheBurstAtOnceAndNoMore) {
  OwnTable table(7);
  EXPECT_EQ(TakeAll(*table, 1, BudgetTable::PaceOf(kTenASecond), kNow), 5);
}

TEST(BudgetTableTest, RefillsOneAnInterval) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow + milliseconds{99}).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
  EXPECT_EQ(TakeAll(*table, 1, pace, kNow + hours{1}), 5);
}

TEST(BudgetTableTest, SaysWhenTheSameTakeWouldSucceed) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  const Taking refused = table->Take(1, pace, 3, kNow + milliseconds{1});
  ASSERT_FALSE(refused.taken);
  EXPECT_EQ(refused.wait_ms, 299u);
  EXPECT_FALSE(table->Take(1, pace, 3, kNow + milliseconds{1 + 298}).taken);
  EXPECT_TRUE(table->Take(1, pace, 3, kNow + milliseconds{1 + 299}).taken);
}

TEST(BudgetTableTest, ForgetMakesEveryBudgetWholeAlsoWhatIsOwedAtALaterTime) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  // More than there are cells: the shared one owes as well.
  for (std::uint64_t key = 0; key < 9; ++key) TakeAll(*table, KeyInFirstLine(key), pace, kNow);
  table->Forget();
  EXPECT_EQ(table->CellsInUse(kNow), 0u);
  for (std::uint64_t key = 0; key < 7; ++key) {
    EXPECT_EQ(TakeAll(*table, KeyInFirstLine(key), pace, kNow + -hours{1}), 5);
  }
}

TEST(BudgetTableTest, RefusedTakeTakesNothing) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(table->Take(1, pace, 1, kNow).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, CostTakesAsMuchAsThatManyRequests) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  EXPECT_TRUE(table->Take(1, pace, 4, kNow).taken);
  EXPECT_FALSE(table->Take(1, pace, 2, kNow).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow).taken);
}

TEST(BudgetTableTest, CostAboveTheBurstIsPaidByAWholeOne) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  EXPECT_TRUE(table->Take(1, pace, 100, kNow).taken);
  EXPECT_FALSE(table->Take(1, pace, 100, kNow + milliseconds{499}).taken);
  EXPECT_TRUE(table->Take(1, pace, 100, kNow + milliseconds{500}).taken);
}

TEST(BudgetTableTest, TellsOnceHalfOfTheBurstIsUsedUp) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf({10, seconds{1}, 10});
  for (int i = 1; i <= 5; ++i) EXPECT_FALSE(table->Take(1, pace, 1, kNow).heavy) << i;
  EXPECT_TRUE(table->Take(1, pace, 1, kNow).heavy);
}

TEST(BudgetTableTest, LookTakesNothing) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  EXPECT_FALSE(table->Look(1, pace, 1, kNow).taken);
  EXPECT_TRUE(table->Look(1, pace, 1, kNow + milliseconds{100}).taken);
  EXPECT_TRUE(table->Look(1, pace, 1, kNow + milliseconds{100}).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, ChargeTakesWhatIsThereAndOwesTheRest) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  table->Charge(1, pace, 3, kNow);
  EXPECT_EQ(TakeAll(*table, 1, pace, kNow), 2);
  table->Charge(1, pace, 100, kNow);  // 105 of 5, at ten a second.
  EXPECT_EQ(table->Take(1, pace, 1, kNow).wait_ms, 10'100u);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow + milliseconds{10'099}).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{10'100}).taken);
  EXPECT_EQ(TakeAll(*table, 1, pace, kNow + milliseconds{10'600}), 5);
}

TEST(BudgetTableTest, NobodyOwesMoreThanThirtyTwoBurstsAndFourSecondsEach) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (int i = 0; i < 3; ++i) table->Charge(1, pace, 1'000'000, kNow);
  const milliseconds most{32 * (500 + 4'000)};
  EXPECT_FALSE(table->Take(1, pace, 1, kNow + most - milliseconds{401}).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + most - milliseconds{400}).taken);
  const Pace day = BudgetTable::PaceOf({1, hours{24}, 1});
  table->Charge(2, day, 1'000'000, kNow);
  EXPECT_FALSE(table->Take(2, day, 1, kNow + hours{24 * 11} - milliseconds{1}).taken);
  EXPECT_TRUE(table->Take(2, day, 1, kNow + hours{24 * 11}).taken);
}

TEST(BudgetTableTest, WhatIsOwedIsNotTakenForAClockThatWentBack) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf({600, minutes{10}, 300});
  table->Charge(1, pace, 3'000, kNow);
  EXPECT_EQ(table->Take(1, pace, 1, kNow).wait_ms, 2'701'000u);
  EXPECT_EQ(table->Look(1, pace, 1, kNow).wait_ms, 2'701'000u);
  EXPECT_EQ(table->Take(1, pace, 1, kNow + seconds{700}).wait_ms, 2'001'000u);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + seconds{2'701}).taken);
}

TEST(BudgetTableTest, ClockThatGoesBackAddsToWhatIsOwedUpToTheMost) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  table->Charge(1, pace, 105, kNow);
  EXPECT_EQ(table->Take(1, pace, 1, kNow - minutes{1}).wait_ms, 70'100u);
  // 32 times (0.5 + 4) s, of which a burst is nothing to wait for.
  EXPECT_EQ(table->Take(1, pace, 1, kNow - hours{24}).wait_ms, 143'600u);
}

// What a charge at somebody else's pace says may limit, and never frees.
TEST(BudgetTableTest, ChargeOfAnotherPaceForgivesNothing) {
  const Pace pace = BudgetTable::PaceOf({600, minutes{10}, 300});
  const Pace others[] = {{1, 1}, {BudgetTable::kMaxSpan, BudgetTable::kMaxSpan}, {64, 64'000}};
  for (const Pace& other : others) {
    for (const std::uint32_t cost : {1U, 1'000'000U}) {
      OwnTable table(7);
      table->Charge(1, pace, 3'000, kNow);
      table->Charge(1, other, cost, kNow);
      EXPECT_FALSE(table->Take(1, pace, 1, kNow + seconds{2'700}).taken);
      OwnTable once(7);
      ASSERT_EQ(TakeAll(*once, 1, pace, kNow), 300);
      once->Charge(1, other, cost, kNow);
      EXPECT_FALSE(once->Take(1, pace, 1, kNow + milliseconds{999}).taken);
    }
  }
}

TEST(BudgetTableTest, ChargeOfAnotherPaceTakesTheSharedDebtIntoTheKeysCell) {
  OwnTable table(7);
  const Pace slow = BudgetTable::PaceOf({1, seconds{1}, 5});
  ASSERT_TRUE(table->Take(KeyInFirstLine(0), BudgetTable::PaceOf(kTenASecond), 5, kNow).taken);
  for (std::uint64_t key = 1; key < 7; ++key) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(key), slow, 5, kNow).taken);
  }
  ASSERT_EQ(TakeAll(*table, KeyInFirstLine(7), slow, kNow), 5);  // From the shared cell.
  table->Charge(KeyInFirstLine(7), {1, 1}, 1, kNow + seconds{2});
  EXPECT_LE(TakeAll(*table, KeyInFirstLine(7), slow, kNow + seconds{2}), 2);
}

TEST(BudgetTableTest, ChargeAfterAClockThatWentBackMakesItNoWorse) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  table->Charge(1, pace, 1, kNow - hours{1});
  EXPECT_EQ(table->Take(1, pace, 1, kNow - hours{1}).wait_ms, 100u);
}

TEST(BudgetTableTest, SharedCellOwesNoMoreThanABurst) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (std::uint64_t key = 0; key < 7; ++key) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(key), pace, 5, kNow).taken);
  }
  table->Charge(KeyInFirstLine(7), pace, 1'000, kNow);
  EXPECT_FALSE(table->Take(KeyInFirstLine(8), pace, 1, kNow + milliseconds{99}).taken);
  EXPECT_TRUE(table->Take(KeyInFirstLine(8), pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, NodesThatChargeEachOtherPassTheRateInTheLongRun) {
  OwnTable left(7);
  OwnTable right(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  int passed = 0;
  for (int second = 0; second < 1'000; ++second) {
    const UnixMillis now = kNow + seconds{second};
    const int of_left = TakeAll(*left, 1, pace, now);
    const int of_right = TakeAll(*right, 1, pace, now);
    left->Charge(1, pace, static_cast<std::uint32_t>(of_right), now);
    right->Charge(1, pace, static_cast<std::uint32_t>(of_left), now);
    passed += of_left + of_right;
  }
  EXPECT_GT(passed, 4'900);        // Bursts of five can't use up all of ten a second,
  EXPECT_LE(passed, 10'000 + 10);  // and two nodes together have no more than one.
}

TEST(BudgetTableTest, KeysOfOneLineHaveBudgetsOfTheirOwn) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (std::uint64_t key = 0; key < 7; ++key) {
    EXPECT_EQ(TakeAll(*table, KeyInFirstLine(key), pace, kNow), 5) << key;
  }
}

TEST(BudgetTableTest, KeysBeyondAFullLineShareOneBudget) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (std::uint64_t key = 0; key < 7; ++key) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(key), pace, 5, kNow).taken);
  }
  EXPECT_EQ(TakeAll(*table, KeyInFirstLine(7), pace, kNow), 5);
  EXPECT_EQ(TakeAll(*table, KeyInFirstLine(8), pace, kNow), 0);
}

TEST(BudgetTableTest, ShorterBurstForgivesNothingOfWhatAFullLineOwes) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf({600, minutes{10}, 300});
  const Pace shorter = BudgetTable::PaceOf({5, seconds{10}, 5});
  for (std::uint64_t i = 0; i < 7; ++i) {
    ASSERT_EQ(TakeAll(*table, KeyInFirstLine(i), pace, kNow), 300);
  }
  ASSERT_EQ(TakeAll(*table, KeyInFirstLine(7), pace, kNow), 300);
  const Taking refused = table->Take(KeyInFirstLine(8), shorter, 1, kNow);
  EXPECT_FALSE(refused.taken);
  EXPECT_EQ(refused.wait_ms, 292'000u);
  EXPECT_EQ(TakeAll(*table, KeyInFirstLine(7), pace, kNow), 0);
  table->Charge(KeyInFirstLine(8), shorter, 1, kNow);
  EXPECT_EQ(TakeAll(*table, KeyInFirstLine(7), pace, kNow), 0);
  const UnixMillis later = kNow + seconds{295};
  EXPECT_TRUE(table->Take(KeyInFirstLine(8), shorter, 1, later).taken);
}

TEST(BudgetTableTest, ClockThatGoesBackFarCostsAFullLineTheLongestBurst) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf({600, minutes{10}, 300});
  const Pace shorter = BudgetTable::PaceOf({5, seconds{10}, 5});
  for (std::uint64_t i = 0; i < 8; ++i) {
    ASSERT_EQ(TakeAll(*table, KeyInFirstLine(i), pace, kNow), 300);
  }
  const UnixMillis back = kNow - hours{48};
  EXPECT_FALSE(table->Take(KeyInFirstLine(8), shorter, 1, back).taken);
  EXPECT_FALSE(table->Take(KeyInFirstLine(8), shorter, 1, back + seconds{291}).taken);
  EXPECT_TRUE(table->Take(KeyInFirstLine(8), shorter, 1, back + seconds{293}).taken);
}

TEST(BudgetTableTest, CellThatIsNotWholeStaysItsKeys) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (std::uint64_t key = 0; key < 7; ++key) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(key), pace, 5, kNow).taken);
  }
  const UnixMillis later = kNow + milliseconds{499};
  for (std::uint64_t key = 100; key < 200; ++key) {
    static_cast<void>(table->Take(KeyInFirstLine(key), pace, 1, later));
  }
  for (std::uint64_t key = 0; key < 7; ++key) {
    EXPECT_EQ(TakeAll(*table, KeyInFirstLine(key), pace, later), 4) << key;
  }
}

TEST(BudgetTableTest, KeyThatOverflowedTakesItsDebtIntoItsOwnCell) {
  OwnTable table(7);
  const Pace slow = BudgetTable::PaceOf({1, seconds{1}, 5});
  const Pace fast = BudgetTable::PaceOf(kTenASecond);
  ASSERT_TRUE(table->Take(KeyInFirstLine(0), fast, 5, kNow).taken);
  for (std::uint64_t key = 1; key < 7; ++key) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(key), slow, 5, kNow).taken);
  }
  ASSERT_EQ(TakeAll(*table, KeyInFirstLine(7), slow, kNow), 5);  // From the shared cell.
  // The first cell is whole again. Two of the five have come back, not five.
  EXPECT_EQ(TakeAll(*table, KeyInFirstLine(7), slow, kNow + seconds{2}), 2);
}

TEST(BudgetTableTest, ClockThatGoesBackALittleLimitsUntilItHasCaughtUp) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow - seconds{30}).taken);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow - seconds{1}).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, ClockThatGoesBackFarCostsTheBurstAndNoMore) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
  for (const auto back : {hours{1}, hours{24}, hours{24 * 12}}) {
    const UnixMillis then = kNow - back;
    EXPECT_FALSE(table->Take(1, pace, 1, then).taken);
    EXPECT_FALSE(table->Take(1, pace, 1, then + milliseconds{99}).taken);
    EXPECT_TRUE(table->Take(1, pace, 1, then + milliseconds{100}).taken);
    table->Charge(1, pace, 5, kNow);
  }
}

TEST(BudgetTableTest, ClockThatGoesForwardAndBackCostsTheBurstAndNoMore) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  ASSERT_EQ(TakeAll(*table, 1, pace, kNow + hours{24 * 10}), 5);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, BudgetIsWholeAfterAnyTimeButWhenItsTimeComesRound) {
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (int days = 0; days < 187; ++days) {
    OwnTable table(7);
    ASSERT_EQ(TakeAll(*table, 1, pace, kNow), 5);
    EXPECT_EQ(TakeAll(*table, 1, pace, kNow + seconds{1} + hours{24 * days}), 5) << days;
  }
}

TEST(BudgetTableTest, TimesBeforeTheEpochAreTimesToo) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  EXPECT_EQ(TakeAll(*table, 1, pace, UnixMillis{-1000}), 5);
  EXPECT_EQ(TakeAll(*table, 1, pace, UnixMillis{-900}), 1);
  EXPECT_EQ(TakeAll(*table, 1, pace, UnixMillis{0}), 5);
}

TEST(BudgetTableTest, GreaterBudgetThanBeforeHoldsAtOnce) {
  OwnTable table(7);
  ASSERT_TRUE(table->Take(1, BudgetTable::PaceOf({10, hours{24}, 10}), 10, kNow).taken);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  EXPECT_FALSE(table->Take(1, pace, 1, kNow).taken);
  EXPECT_TRUE(table->Take(1, pace, 1, kNow + milliseconds{100}).taken);
}

TEST(BudgetTableTest, KeyThatIsChargedIntoACellOwesOfOthersNoMoreThanItsOwnBurst) {
  OwnTable table(7);
  const Pace brief = BudgetTable::PaceOf({600, minutes{10}, 300});
  const Pace day = BudgetTable::PaceOf({5, hours{24}, 5});
  for (std::uint64_t tag = 0; tag < 7; ++tag) {
    ASSERT_TRUE(table->Take(KeyInFirstLine(tag), brief, 300, kNow).taken);
  }
  // The line is full: it is the shared cell's.
  ASSERT_EQ(TakeAll(*table, KeyInFirstLine(8), day, kNow), 5);
  const UnixMillis later = kNow + seconds{301};
  table->Charge(KeyInFirstLine(9), brief, 1, later);
  const Taking taking = table->Take(KeyInFirstLine(9), brief, 1, later);
  EXPECT_FALSE(taking.taken);
  EXPECT_LE(taking.wait_ms, 2'000u);
}

TEST(BudgetTableTest, CountsCellsThatAreNotWhole) {
  OwnTable table(1000);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    static_cast<void>(table->Take(i * 0x9E3779B97F4A7C15, pace, 1, kNow));
  }
  EXPECT_EQ(table->CellsInUse(kNow), 100u);
  EXPECT_EQ(table->CellsInUse(kNow + milliseconds{100}), 0u);
}

TEST(BudgetTableTest, OfAGreatTableAFixedNumberOfLinesIsCounted) {
  OwnTable table(7 * 2 * BudgetTable::kMaxLinesCounted);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  constexpr std::uint64_t kInSecondLine = 1U << 15;
  for (std::uint64_t tag = 1; tag <= 7; ++tag) {
    static_cast<void>(table->Take(tag << 42 | kInSecondLine, pace, 1, kNow));
  }
  EXPECT_EQ(table->CellsInUse(kNow), 0u);
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    static_cast<void>(table->Take(i * 0x9E3779B97F4A7C15, pace, 1, kNow));
  }
  EXPECT_NEAR(static_cast<double>(table->CellsInUse(kNow)), 100'000, 2'000);
}

TEST(BudgetTableTest, TableWithoutMemoryTakesEverything) {
  BudgetTable table;
  table.Prefetch(1);
  EXPECT_EQ(TakeAll(table, 1, BudgetTable::PaceOf(kTenASecond), kNow, 1000), 1000);
}

// What the algorithm says without any table: one budget, as long as there is time.
class ExactBudget {
 public:
  bool Take(const Pace& pace, std::uint32_t cost, UnixMillis now) {
    const auto ticks = static_cast<std::int64_t>(now.value) * 64;
    const auto need = static_cast<std::int64_t>(std::min(pace.interval * cost, pace.span));
    const std::int64_t after = std::max(arrival_, ticks) + need;
    if (after - ticks > static_cast<std::int64_t>(pace.span)) return false;
    arrival_ = after;
    return true;
  }
  // Takes what the table let pass. False if that wasn't there.
  bool Allows(const Pace& pace, std::uint32_t cost, UnixMillis now) {
    return Take(pace, cost, now);
  }
  [[nodiscard]] bool IsWhole(UnixMillis now) const { return arrival_ <= now.value * 64; }

 private:
  std::int64_t arrival_ = INT64_MIN / 2;
};

struct Draws {
  int wrongly_passed = 0;
  int wrongly_limited = 0;
  int passed = 0;
};

// Takes at random times for random keys, and compares each with what is exact. What the table
// limits wrongly the exact budget isn't charged for.
Draws DrawAtRandom(std::uint32_t seed, std::size_t cells, std::uint64_t keys, int draws) {
  std::mt19937 random(seed);
  OwnTable table(cells);
  std::map<std::uint64_t, ExactBudget> exact;
  const Pace pace = BudgetTable::PaceOf({7, seconds{1}, 6});
  UnixMillis now = kNow;
  Draws seen;
  for (int i = 0; i < draws; ++i) {
    now.value += random() % 10;
    const std::uint64_t id = random() % keys;
    const std::uint32_t cost = 1 + random() % 3;
    ExactBudget& budget = exact[id];
    const bool taken = table->Take((id + 1) * 0x9E3779B97F4A7C15, pace, cost, now).taken;
    ExactBudget after = budget;
    const bool allowed = after.Allows(pace, cost, now);
    if (taken) budget = after;
    seen.wrongly_passed += taken && !allowed ? 1 : 0;
    seen.wrongly_limited += !taken && allowed ? 1 : 0;
    seen.passed += taken ? 1 : 0;
  }
  return seen;
}

TEST(BudgetTableTest, IsExactWhereThereIsRoom) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const Draws seen = DrawAtRandom(seed, 100'000, 200, 20'000);
    EXPECT_EQ(seen.wrongly_passed, 0) << "seed " << seed;
    EXPECT_EQ(seen.wrongly_limited, 0) << "seed " << seed;
    EXPECT_GT(seen.passed, 1000);
  }
}

TEST(BudgetTableTest, NeverPassesMoreThanIsExactHoweverFullItIs) {
  for (const std::size_t cells : {7, 14, 28, 70, 140}) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
      const Draws seen = DrawAtRandom(seed, cells, 200, 20'000);
      EXPECT_EQ(seen.wrongly_passed, 0) << cells << " cells, seed " << seed;
      EXPECT_GT(seen.passed, 100);
    }
  }
}

TEST(BudgetTableTest, FullTablePassesWhatItsSharedCellsAllow) {
  OwnTable table(7);
  const Pace pace = BudgetTable::PaceOf(kTenASecond);
  int passed = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    const auto key = KeyInFirstLine(static_cast<std::uint64_t>(ms) % 1000);
    passed += table->Take(key, pace, 1, kNow + milliseconds{ms}).taken ? 1 : 0;
  }
  EXPECT_GE(passed, 100);
}

// As many threads as one CPU can hold apart, all of them on few keys at one time.
int PassedByThreads(OwnTable& table, const std::vector<std::uint64_t>& keys, const Pace& pace) {
  constexpr int kThreads = 4;
  std::atomic<int> ready{0};
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ready.fetch_add(1);
      while (ready.load() < kThreads) {
      }
      int own = 0;
      for (std::size_t i = 0; i < keys.size() * 4; ++i) {
        const std::uint64_t key = keys[(i + static_cast<std::size_t>(t)) % keys.size()];
        own += table->Take(key, pace, 1, kNow).taken ? 1 : 0;
      }
      passed.fetch_add(own);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return passed.load();
}

TEST(BudgetTableTest, ThreadsTogetherPassExactlyTheBurst) {
  const Pace pace = BudgetTable::PaceOf({1, hours{1}, 5});
  for (int round = 0; round < 300; ++round) {
    OwnTable table(7);
    const std::vector<std::uint64_t> keys = {KeyInFirstLine(0), KeyInFirstLine(1)};
    ASSERT_EQ(PassedByThreads(table, keys, pace), 10) << "round " << round;
  }
}

TEST(BudgetTableTest, ThreadsOnAFullLinePassNoMoreThanItsCellsHold) {
  const Pace pace = BudgetTable::PaceOf({1, hours{1}, 1});
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 0; key < 30; ++key) keys.push_back(KeyInFirstLine(key));
  for (int round = 0; round < 300; ++round) {
    OwnTable table(7);
    const int passed = PassedByThreads(table, keys, pace);
    ASSERT_LE(passed, 8) << "round " << round;
    ASSERT_GE(passed, 7) << "round " << round;
  }
}

// Threads whose clocks differ give the same keys cells at the same time, while cells become free.
TEST(BudgetTableTest, ThreadsWithClocksApartPassNoMoreThanIsExact) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  const Pace pace = BudgetTable::PaceOf({1000, seconds{1}, 1});
  OwnTable table(7);
  std::vector<std::thread> threads;
  std::vector<std::atomic<int>> passed(16);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const UnixMillis now = kNow + milliseconds{i + t};
        for (std::uint64_t key = 0; key < passed.size(); ++key) {
          if (table->Take(KeyInFirstLine(key), pace, 1, now).taken) passed[key].fetch_add(1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // One a millisecond, whoever asks and whenever.
  for (const auto& of_key : passed) EXPECT_LE(of_key.load(), kRounds + kThreads);
}

}  // namespace
}  // namespace stile
