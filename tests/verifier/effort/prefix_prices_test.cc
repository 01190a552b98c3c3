#include "verifier/effort/prefix_prices.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::kNow;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kEach = 100'000;  // Ten redemptions a second are the prefix's share.
constexpr std::uint32_t kMost = 1600;

class PrefixPricesTest : public testing::Test {
 protected:
  // `count` redemptions, evenly over `time`. Returns how many of them were within the share.
  int Send(int count, milliseconds time, std::uint64_t key = 1) {
    int within = 0;
    for (int i = 0; i < count; ++i) {
      const UnixMillis at = now_ + milliseconds{time.count() * i / count};
      if (prices_.Note(key, kEach, kMost, at)) ++within;
    }
    now_ = now_ + time;
    return within;
  }
  std::uint32_t Price(std::uint64_t key = 1) const {
    return prices_.PriceOf(key, kEach, kMost, now_);
  }

  UnixMillis now_ = kNow;
  std::vector<std::byte> memory_{PrefixPrices::BytesFor(64)};
  PrefixPrices prices_{memory_};
};

TEST_F(PrefixPricesTest, WhoeverKeepsToItsSharePaysNothingMore) {
  EXPECT_EQ(Send(600, seconds{60}), 600);
  EXPECT_EQ(Price(), 100U);
}

TEST_F(PrefixPricesTest, ABurstIsFree) {
  EXPECT_EQ(Send(8, milliseconds{0}), 8);
  EXPECT_EQ(Price(), 100U);
}

TEST_F(PrefixPricesTest, TenTimesTheShareDoublesThePriceInThreeSeconds) {
  Send(400, seconds{4});
  EXPECT_GT(Price(), 200U);
  EXPECT_LT(Price(), 300U);
}

TEST_F(PrefixPricesTest, WhatIsOverTheShareIsTold) {
  const int within = Send(1000, seconds{10});
  EXPECT_GE(within, 8);
  EXPECT_LE(within, 110);
}

TEST_F(PrefixPricesTest, ThePriceStaysAtTheMost) {
  Send(1'000'000, seconds{100});
  EXPECT_EQ(Price(), kMost);
}

TEST_F(PrefixPricesTest, ThePriceHalvesInEveryHalfLifeOfQuiet) {
  Send(1'000'000, seconds{100});
  now_ = now_ + milliseconds{PrefixPrices::kDoublingMillis};
  EXPECT_NEAR(Price(), kMost / 2, 2);
  now_ = now_ + milliseconds{3 * PrefixPrices::kDoublingMillis};
  EXPECT_EQ(Price(), 100U);
}

TEST_F(PrefixPricesTest, OthersPayNothingForIt) {
  Send(100'000, seconds{10}, 1);
  EXPECT_EQ(Price(2), 100U);
}

TEST_F(PrefixPricesTest, AClockThatGoesFarBackForgives) {
  Send(100'000, seconds{10});
  ASSERT_EQ(Price(), kMost);
  now_ = now_ - hours{1};
  EXPECT_EQ(Price(), 100U);
  Send(1, milliseconds{0});
  EXPECT_LT(Price(), 120U);
}

TEST_F(PrefixPricesTest, TimesBeyondAllClocksOverflowNothing) {
  for (const std::int64_t at : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    now_ = UnixMillis{at};
    static_cast<void>(prices_.Note(1, INT64_MAX, 6400, now_));
    const std::uint32_t price = prices_.PriceOf(1, INT64_MAX, kMost, now_);
    EXPECT_GE(price, 100U);
    EXPECT_LE(price, kMost);
  }
}

}  // namespace
}  // namespace stile
