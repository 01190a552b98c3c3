#include "verifier/rate_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::Address;
using fixture::kNow;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<RateTable> Table(const Rate& rate, std::size_t cells = 64) {
  auto table = RateTable::Create(rate, cells);
  EXPECT_TRUE(table.has_value());
  return std::move(*table);
}

int TakeAll(RateTable& table, std::uint64_t key, UnixMillis now, int tries = 100'000) {
  int taken = 0;
  while (taken < tries && table.Take(key, now)) ++taken;
  return taken;
}

TEST(RateTableTest, RefusesRatesOutsideTheirLimits) {
  const auto code = [](const Rate& rate, std::size_t cells = 64) {
    const auto table = RateTable::Create(rate, cells);
    return table.has_value() ? ErrorCode{} : table.error().code;
  };
  EXPECT_EQ(code({0, seconds{1}, 1}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, seconds{0}, 1}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, seconds{-1}, 1}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, seconds{1}, 0}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1'000'000'001, seconds{1}, 1}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, seconds{1}, 1'000'000'001}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, milliseconds{86'400'001}, 1}), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1, seconds{1}, 1}, (std::size_t{1} << 30) + 1), ErrorCode::kOutOfRange);
  EXPECT_EQ(code({1'000'000'000, seconds{86'400}, 1'000'000'000}), ErrorCode{});
}

TEST(RateTableTest, GivesTheBurstAtOnceAndNoMore) {
  const auto table = Table({10, seconds{1}, 7});
  EXPECT_EQ(TakeAll(*table, 1, kNow), 7);
}

TEST(RateTableTest, RefillsOneAnInterval) {
  const auto table = Table({10, seconds{1}, 3});
  ASSERT_EQ(TakeAll(*table, 1, kNow), 3);
  EXPECT_FALSE(table->Take(1, kNow + milliseconds{99}));
  EXPECT_TRUE(table->Take(1, kNow + milliseconds{100}));
  EXPECT_FALSE(table->Take(1, kNow + milliseconds{100}));
  EXPECT_EQ(TakeAll(*table, 1, kNow + milliseconds{300}), 2);
  EXPECT_EQ(TakeAll(*table, 1, kNow + seconds{3600}), 3);
}

TEST(RateTableTest, IsExactOverTime) {
  const auto table = Table({10, seconds{1}, 3});
  int taken = 0;
  for (int ms = 0; ms <= 100'000; ++ms) taken += table->Take(1, kNow + milliseconds{ms}) ? 1 : 0;
  EXPECT_EQ(taken, 3 + 1000);
}

TEST(RateTableTest, RoundsTowardsLimiting) {
  const auto table = Table({7, seconds{1}, 1});  // One in 142,857.1 us.
  int taken = 0;
  for (int ms = 0; ms < 1'000'000; ++ms) taken += table->Take(1, kNow + milliseconds{ms}) ? 1 : 0;
  EXPECT_LE(taken, 7000);
  EXPECT_GE(taken, 6940);  // A try a millisecond costs up to one of 142 each time.
}

TEST(RateTableTest, LimitsEvenMoreThanOneAMicrosecond) {
  const auto table = Table({1'000'000'000, milliseconds{1}, 1});
  EXPECT_EQ(TakeAll(*table, 1, kNow), 1);
}

TEST(RateTableTest, AgreesWithABucketOfTokensAtRandomTimes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::int64_t interval_ms = 250;
  const std::int64_t burst = 5;
  const auto table = Table({4, seconds{1}, burst});
  // The same rule told as a bucket that fills by one each interval, in milliseconds of credit.
  std::int64_t credit = burst * interval_ms;
  UnixMillis now = kNow;
  for (int i = 0; i < 100'000; ++i) {
    const auto step = static_cast<std::int64_t>(random() % 500);
    now = now + milliseconds{step};
    credit = std::min(credit + step, burst * interval_ms);
    const bool expected = credit >= interval_ms;
    if (expected) credit -= interval_ms;
    ASSERT_EQ(table->Take(42, now), expected) << "try " << i;
  }
}

TEST(RateTableTest, NextAtIsWhenTakeSucceedsAgain) {
  const auto table = Table({7, seconds{1}, 2});
  EXPECT_LE(table->NextAt(1, kNow), kNow);
  ASSERT_EQ(TakeAll(*table, 1, kNow), 2);
  const UnixMillis next = table->NextAt(1, kNow);
  EXPECT_EQ(next, kNow + milliseconds{143});
  EXPECT_FALSE(table->Take(1, next - milliseconds{1}));
  EXPECT_TRUE(table->Take(1, next));
}

TEST(RateTableTest, ClockThatGoesBackALittleGivesNothing) {
  const auto table = Table({10, seconds{1}, 5});
  ASSERT_EQ(TakeAll(*table, 1, kNow), 5);
  EXPECT_EQ(TakeAll(*table, 1, kNow - seconds{30}), 0);
  EXPECT_EQ(TakeAll(*table, 1, kNow), 0);
  EXPECT_EQ(TakeAll(*table, 1, kNow + milliseconds{100}), 1);
}

TEST(RateTableTest, ClockThatGoesBackAYearCostsTheBurstAndNotTheYear) {
  const auto table = Table({10, seconds{1}, 5});
  ASSERT_TRUE(table->Take(1, kNow));
  const UnixMillis before = kNow - std::chrono::hours{24 * 365};
  EXPECT_EQ(table->NextAt(1, before), before + milliseconds{100});
  EXPECT_EQ(TakeAll(*table, 1, before), 0);
  EXPECT_EQ(TakeAll(*table, 1, before + milliseconds{99}), 0);
  EXPECT_EQ(TakeAll(*table, 1, before + milliseconds{100}), 1);
  EXPECT_EQ(TakeAll(*table, 1, before + seconds{10}), 5);
}

TEST(RateTableTest, TimesBeyondAllMeasureDoNotOverflow) {
  const auto table = Table({1, seconds{86'400}, 1'000'000'000});
  EXPECT_TRUE(table->Take(1, UnixMillis{INT64_MAX}));
  EXPECT_TRUE(table->NextAt(1, UnixMillis{INT64_MAX}) <= UnixMillis{INT64_MAX});
  EXPECT_FALSE(table->Take(1, UnixMillis{INT64_MIN}));
}

TEST(RateTableTest, KeysThatShareACellShareItsRate) {
  const auto table = Table({1, seconds{3600}, 1}, 1);
  int taken = 0;
  for (std::uint64_t key = 0; key < 10'000; ++key) taken += table->Take(key, kNow) ? 1 : 0;
  EXPECT_LE(taken, 64);
  EXPECT_GE(taken, 60);  // 10,000 keys leave hardly a cell of 64 out.
}

TEST(RateTableTest, CellsAreKeyedAnewInEveryTable) {
  const auto taken_of = [](RateTable& table) {
    std::set<std::uint64_t> taken;
    for (std::uint64_t key = 0; key < 128; ++key) {
      if (table.Take(key, kNow)) taken.insert(key);
    }
    return taken;
  };
  const Rate rate{1, seconds{3600}, 1};
  EXPECT_NE(taken_of(*Table(rate)), taken_of(*Table(rate)));
}

TEST(RateTableTest, ParallelTakersGetTheBurstAndNoMore) {
  const auto table = Table({1, seconds{3600}, 100});
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (table->Take(7, kNow)) taken.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), 100);
}

TEST(RateTableTest, PrefixKeyIsTheSameForAWholePrefix) {
  const auto key = [](std::string_view text) {
    return RateTable::PrefixKey(Address(text), 24, 56);
  };
  EXPECT_EQ(key("192.0.2.0"), key("192.0.2.255"));
  EXPECT_NE(key("192.0.2.0"), key("192.0.3.0"));
  EXPECT_EQ(key("192.0.2.1"), key("::ffff:192.0.2.200"));
  EXPECT_EQ(key("2001:db8:0:1200::"), key("2001:db8:0:12ff:ffff::1"));
  EXPECT_NE(key("2001:db8:0:1200::"), key("2001:db8:0:1300::"));
  // 32.1.13.184 has the bits of 2001:db8::.
  EXPECT_NE(key("32.1.13.184"), key("2001:d00::"));
  EXPECT_NE(RateTable::PrefixKey(Address("32.1.13.184"), 32, 56), key("2001:db8::"));
}

}  // namespace
}  // namespace stile
