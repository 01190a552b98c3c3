#include "challenge/solution.h"

#include <gtest/gtest.h>

#include <vector>

#include "challenge/base64url.h"
#include "tests/challenge/hex.h"

namespace stile {
namespace {

bool ParsesBytes(const std::vector<std::uint8_t>& bytes) {
  Solution solution;
  return ParseSolution(EncodeBase64Url(bytes), solution);
}

TEST(Solution, SurvivesTheRoundTrip) {
  for (const std::uint8_t parts : {0, 1, 16, 64}) {
    Solution solution;
    solution.alternative = 3;
    solution.parts = parts;
    for (std::size_t i = 0; i < parts; ++i) solution.nonces[i] = ~std::uint64_t{0} - i * i;
    Solution read;
    ASSERT_TRUE(ParseSolution(FormatSolution(solution), read)) << int{parts};
    EXPECT_EQ(read.alternative, 3);
    EXPECT_EQ(read.parts, parts);
    for (std::size_t i = 0; i < parts; ++i) EXPECT_EQ(read.nonces[i], solution.nonces[i]);
  }
}

TEST(Solution, HasTheTextOfTheWireFormat) {
  Solution solution;
  solution.alternative = 1;
  EXPECT_EQ(FormatSolution(solution), "AQA");
  solution.alternative = 0;
  solution.parts = 1;
  solution.nonces[0] = 0x0102030405060708;
  EXPECT_EQ(FormatSolution(solution), EncodeBase64Url(Unhex("00010102030405060708")));
}

TEST(Solution, TheLongestTextIs686Characters) {
  Solution solution;
  solution.parts = 64;
  EXPECT_EQ(FormatSolution(solution).size(), Solution::kMaxTextSize);
}

TEST(Solution, RefusesAnEmptyText) {
  Solution solution;
  EXPECT_FALSE(ParseSolution("", solution));
}

TEST(Solution, RefusesOneByte) { EXPECT_FALSE(ParsesBytes({0})); }

TEST(Solution, RefusesALengthThatDoesNotFitItsCount) {
  std::vector<std::uint8_t> bytes(2 + 8 * 2);
  bytes[1] = 2;
  ASSERT_TRUE(ParsesBytes(bytes));
  bytes[1] = 1;
  EXPECT_FALSE(ParsesBytes(bytes));
  bytes[1] = 3;
  EXPECT_FALSE(ParsesBytes(bytes));
  bytes[1] = 2;
  bytes.pop_back();
  EXPECT_FALSE(ParsesBytes(bytes));
}

TEST(Solution, RefusesMoreThan64Parts) {
  std::vector<std::uint8_t> bytes(2 + 8 * 65);
  bytes[1] = 65;
  EXPECT_FALSE(ParsesBytes(bytes));
  Solution solution;
  EXPECT_FALSE(ParseSolution(std::string(100'000, 'A'), solution));
}

TEST(Solution, RefusesAnotherSpelling) {
  Solution solution;
  ASSERT_TRUE(ParseSolution("AQA", solution));
  EXPECT_FALSE(ParseSolution("AQB", solution));
  EXPECT_FALSE(ParseSolution("AQA=", solution));
  EXPECT_FALSE(ParseSolution("AQ+", solution));
}

}  // namespace
}  // namespace stile
