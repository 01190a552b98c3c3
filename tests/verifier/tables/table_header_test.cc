#include "verifier/tables/table_header.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

namespace stile {
namespace {

constexpr std::uint64_t kBytes = 1 << 20;
constexpr std::uint64_t kBoot = 0x1234567890ABCDEF;

TableShape Shape() {
  TableShape shape{};
  shape[0] = 16'384;
  return shape;
}

TableHeader Sealed() {
  TableHeader header;
  header.bytes = kBytes;
  header.boot = kBoot;
  header.shape = Shape();
  SealHeader(header);
  return header;
}

TEST(TableHeaderTest, TakesTheHeaderThatItSealed) {
  EXPECT_EQ(FindHeaderFault(Sealed(), kBytes, kBoot, Shape()), HeaderFault::kNone);
}

TEST(TableHeaderTest, TakesNoHeaderWithAFlippedBit) {
  for (std::size_t bit = 0; bit < sizeof(TableHeader) * 8; ++bit) {
    TableHeader header = Sealed();
    reinterpret_cast<std::uint8_t*>(&header)[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_NE(FindHeaderFault(header, kBytes, kBoot, Shape()), HeaderFault::kNone) << "bit " << bit;
  }
}

TEST(TableHeaderTest, TakesNoZeroes) {
  EXPECT_EQ(FindHeaderFault(TableHeader{}, kBytes, kBoot, Shape()), HeaderFault::kForeign);
}

TEST(TableHeaderTest, TakesNoHeaderOfAnotherLayout) {
  TableHeader header = Sealed();
  header.layout = TableHeader::kLayout + 1;
  EXPECT_EQ(FindHeaderFault(header, kBytes, kBoot, Shape()), HeaderFault::kLayout);
}

TEST(TableHeaderTest, TakesNoHeaderOfAnotherSize) {
  EXPECT_EQ(FindHeaderFault(Sealed(), kBytes - 1, kBoot, Shape()), HeaderFault::kSize);
}

TEST(TableHeaderTest, TakesNoHeaderOfAnotherBoot) {
  EXPECT_EQ(FindHeaderFault(Sealed(), kBytes, kBoot + 1, Shape()), HeaderFault::kBoot);
}

TEST(TableHeaderTest, TakesNoBootOfZero) {
  TableHeader header = Sealed();
  header.boot = 0;
  SealHeader(header);
  EXPECT_EQ(FindHeaderFault(header, kBytes, 0, Shape()), HeaderFault::kBoot);
}

TEST(TableHeaderTest, TakesNoHeaderOfOtherTables) {
  TableShape other = Shape();
  other[23] = 1;
  EXPECT_EQ(FindHeaderFault(Sealed(), kBytes, kBoot, other), HeaderFault::kShape);
}

TEST(TableHeaderTest, EveryFaultHasItsOwnText) {
  std::set<std::string> texts;
  for (int fault = 0; fault <= 6; ++fault) {
    texts.insert(HeaderFaultText(static_cast<HeaderFault>(fault)));
  }
  EXPECT_EQ(texts.size(), 7U);
}

}  // namespace
}  // namespace stile
