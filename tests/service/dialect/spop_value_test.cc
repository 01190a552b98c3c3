#include "service/dialect/spop_value.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace stile {
namespace {

using std::string_view_literals::operator""sv;

struct VarintVector {
  std::uint64_t number;
  std::string_view bytes;
};
// The first and the last number of each row of the table in SPOE.txt, section 3.1.
constexpr VarintVector kVarints[] = {
    {0, "\x00"sv},
    {239, "\xEF"sv},
    {240, "\xF0\x00"sv},
    {2'287, "\xFF\x7F"sv},
    {2'288, "\xF0\x80\x00"sv},
    {264'431, "\xFF\xFF\x7F"sv},
    {264'432, "\xF0\x80\x80\x00"sv},
    {33'818'863, "\xFF\xFF\xFF\x7F"sv},
    {33'818'864, "\xF0\x80\x80\x80\x00"sv},
    {4'328'786'159, "\xFF\xFF\xFF\xFF\x7F"sv},
    {4'328'786'160, "\xF0\x80\x80\x80\x80\x00"sv},
    {std::numeric_limits<std::uint64_t>::max(), "\xFF\xF0\xFE\xFE\xFE\xFE\xFE\xFE\xFE\x0E"sv},
};

TEST(SpopReaderTest, ReadsVarintsOfEveryLength) {
  for (const VarintVector& vector : kVarints) {
    SpopReader reader(vector.bytes);
    std::uint64_t number = 1;
    EXPECT_TRUE(reader.ReadVarint(number)) << vector.number;
    EXPECT_EQ(number, vector.number);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(SpopWriterTest, WritesVarintsOfEveryLength) {
  for (const VarintVector& vector : kVarints) {
    std::array<char, 16> room{};
    SpopWriter writer(room);
    writer.WriteVarint(vector.number);
    EXPECT_EQ(writer.view(), vector.bytes) << vector.number;
  }
}

TEST(SpopReaderTest, RefusesVarintThatIsCut) {
  for (const VarintVector& vector : kVarints) {
    SpopReader reader(vector.bytes.substr(0, vector.bytes.size() - 1));
    std::uint64_t number = 0;
    EXPECT_FALSE(reader.ReadVarint(number)) << vector.number;
  }
}

TEST(SpopReaderTest, RefusesVarintOfMoreThan64Bits) {
  for (const std::string_view bytes :
       {"\xFF\xF0\xFE\xFE\xFE\xFE\xFE\xFE\xFE\x0F"sv, "\xF0\x80\x80\x80\x80\x80\x80\x80\x80\x10"sv,
        "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00"sv}) {
    SpopReader reader(bytes);
    std::uint64_t number = 0;
    EXPECT_FALSE(reader.ReadVarint(number));
  }
}

TEST(SpopReaderTest, ReadsValueOfEveryType) {
  const struct {
    std::string_view bytes;
    SpopType type;
    std::uint64_t number;
    std::string_view text;
  } vectors[] = {
      {"\x00"sv, SpopType::kNull, 0, {}},
      {"\x01"sv, SpopType::kBoolean, 0, {}},
      {"\x11"sv, SpopType::kBoolean, 1, {}},
      {"\x02\x05"sv, SpopType::kInt32, 5, {}},
      {"\x03\xF0\x00"sv, SpopType::kUint32, 240, {}},
      {"\x04\x07"sv, SpopType::kInt64, 7, {}},
      {"\x05\x08"sv, SpopType::kUint64, 8, {}},
      {"\x06\xC0\x00\x02\x07"sv, SpopType::kIpv4, 0, "\xC0\x00\x02\x07"sv},
      {"\x07"
       "0123456789abcdef"sv,
       SpopType::kIpv6, 0, "0123456789abcdef"sv},
      {"\x08\x03"
       "abc"sv,
       SpopType::kString, 0, "abc"sv},
      {"\x09\x02\x00\x01"sv, SpopType::kBinary, 0, "\x00\x01"sv},
  };
  for (const auto& vector : vectors) {
    SpopReader reader(vector.bytes);
    SpopValue value;
    EXPECT_TRUE(reader.ReadValue(value)) << static_cast<int>(vector.type);
    EXPECT_EQ(value.type, vector.type);
    EXPECT_EQ(value.number, vector.number);
    EXPECT_EQ(value.bytes, vector.text);
    EXPECT_TRUE(reader.at_end());
    if (vector.bytes.size() == 1) continue;
    SpopReader cut(vector.bytes.substr(0, vector.bytes.size() - 1));
    EXPECT_FALSE(cut.ReadValue(value)) << static_cast<int>(vector.type);
  }
}

TEST(SpopReaderTest, RefusesValueOfTypeThatIsNone) {
  for (int type = 10; type < 16; ++type) {
    const std::string bytes = {static_cast<char>(type), 0};
    SpopReader reader(bytes);
    SpopValue value;
    EXPECT_FALSE(reader.ReadValue(value)) << type;
  }
}

TEST(SpopReaderTest, RefusesStringThatIsLongerThanWhatIsThere) {
  std::string_view text;
  SpopReader near(
      "\x04"
      "abc"sv);
  EXPECT_FALSE(near.ReadString(text));
  SpopReader far(
      "\xFF\xF0\xFE\xFE\xFE\xFE\xFE\xFE\xFE\x0E"
      "abc"sv);
  EXPECT_FALSE(far.ReadString(text));
}

TEST(SpopWriterTest, WritesNothingBehindWhatDidNotFit) {
  std::array<char, 4> room{};
  SpopWriter writer(room);
  writer.WriteByte(1);
  writer.WriteString("abcd");
  writer.WriteByte(2);
  EXPECT_FALSE(writer.whole());
  EXPECT_LE(writer.size(), room.size());
  writer.Rewind(1);
  EXPECT_TRUE(writer.whole());
  EXPECT_EQ(writer.view(), "\x01"sv);
}

}  // namespace
}  // namespace stile
