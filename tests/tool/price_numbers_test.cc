#include "tool/price_numbers.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(PriceNumbersTest, MagnitudesHaveThreeFigures) {
  EXPECT_EQ(MagnitudeText(1'320'000), "1.32 M");
  EXPECT_EQ(MagnitudeText(999), "999");
  EXPECT_EQ(MagnitudeText(999'900), "1 M");
  EXPECT_EQ(MagnitudeText(6.15e9), "6.15 G");
}

TEST(PriceNumbersTest, SecondsHaveTheUnitThatSuitsThem) {
  EXPECT_EQ(SecondsText(0.0000456), "45.6 us");
  EXPECT_EQ(SecondsText(0.046), "46 ms");
  EXPECT_EQ(SecondsText(5), "5 s");
  EXPECT_EQ(SecondsText(600), "10 min");
  EXPECT_EQ(SecondsText(43'200), "12 h");
}

TEST(PriceNumbersTest, LittleMoneyIsNotCalledNone) {
  EXPECT_EQ(DollarsText(0), "$0.00");
  EXPECT_EQ(DollarsText(0.000456), "$0.00046");
  EXPECT_EQ(DollarsText(0.017), "$0.017");
  EXPECT_EQ(DollarsText(1.234), "$1.23");
  EXPECT_EQ(DollarsText(12'345), "$12,345");
}

TEST(PriceNumbersTest, RatesAreReadWithTheirUnit) {
  EXPECT_EQ(ParseMagnitude("1.9M"), 1.9e6);
  EXPECT_EQ(ParseMagnitude("463"), 463);
  EXPECT_EQ(ParseMagnitude("6.15G"), 6.15e9);
}

TEST(PriceNumbersTest, WhatIsNoPositiveNumberIsRefused) {
  for (const char* text : {"", "M", "0", "-1", "1.9m", "1,9M", "1 M", "inf", "nan", "1e999"}) {
    EXPECT_EQ(ParseMagnitude(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace stile
