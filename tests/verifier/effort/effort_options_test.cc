#include "verifier/effort/effort_options.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace stile {
namespace {

using std::chrono::seconds;

constexpr std::chrono::milliseconds kLongest = EffortOptions{}.longest;

TEST(EffortOptionsTest, AHigherPriceAsksMore) {
  EXPECT_EQ(EffortAt(Puzzle::kHashwx, 262'144, 100, kLongest), 262'144U);
  EXPECT_EQ(EffortAt(Puzzle::kHashwx, 262'144, 250, kLongest), 655'360U);
  EXPECT_EQ(EffortAt(Puzzle::kSha256, 4'000'000, 400, kLongest), 16'000'000U);
}

TEST(EffortOptionsTest, NoPriceAsksMoreThanTheSlowestPhoneCanDo) {
  EXPECT_EQ(EffortAt(Puzzle::kHashwx, 262'144, 6400, kLongest), kMostHashwxEffort);
  EXPECT_EQ(EffortAt(Puzzle::kSha256, 4'000'000, 6400, kLongest), kMostSha256Effort);
  EXPECT_EQ(EffortAt(Puzzle::kSha256, 4'000'000, 6400, seconds{5}), kMostSha256Effort / 3);
}

TEST(EffortOptionsTest, WhatIsConfiguredIsNeverLessened) {
  EXPECT_EQ(EffortAt(Puzzle::kHashwx, 262'144, 50, kLongest), 262'144U);
  EXPECT_EQ(EffortAt(Puzzle::kHashwx, 9'000'000, 800, kLongest), 9'000'000U);
}

TEST(EffortOptionsTest, NoPriceRaisesAWait) {
  EXPECT_EQ(EffortAt(Puzzle::kWait, 5'000, 6400, kLongest), 5'000U);
  EXPECT_EQ(PricePaid(Puzzle::kWait, 5'000, 5'000, 800, kLongest), 100U);
}

TEST(EffortOptionsTest, WhatWasAskedTellsThePriceItWasAskedAt) {
  for (const std::uint32_t price : {100U, 101U, 137U, 400U, 1525U}) {
    const std::uint64_t asked = EffortAt(Puzzle::kHashwx, 262'144, price, kLongest);
    EXPECT_EQ(PricePaid(Puzzle::kHashwx, 262'144, asked, price, kLongest), price);
  }
  EXPECT_EQ(PricePaid(Puzzle::kHashwx, 262'144, 262'144, 400, kLongest), 100U);
}

TEST(EffortOptionsTest, MoreThanThePricePaysNoMoreThanThePrice) {
  EXPECT_EQ(PricePaid(Puzzle::kHashwx, 262'144, 2'621'440, 300, kLongest), 300U);
}

TEST(EffortOptionsTest, WhatAsksAllItMayHasPaidThePrice) {
  // Four times as much as light: at its cap long before the price is.
  const std::uint64_t asked = EffortAt(Puzzle::kHashwx, 1'048'576, 1500, kLongest);
  EXPECT_EQ(asked, kMostHashwxEffort);
  EXPECT_EQ(PricePaid(Puzzle::kHashwx, 1'048'576, asked, 1500, kLongest), 1500U);
}

}  // namespace
}  // namespace stile
