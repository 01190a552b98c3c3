#include "service/protobuf_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "service/protobuf_writer.h"

namespace stile {
namespace {

using namespace std::string_view_literals;

// Reads to the end; true if all of it was well-formed.
bool ReadsWhole(std::string_view message) {
  ProtobufReader reader(message);
  while (reader.Next()) {
  }
  return reader.ok();
}

TEST(ProtobufReader, GivesWhatTheWriterWrote) {
  std::string message;
  ProtobufWriter writer(message);
  writer.Number(1, 300);
  writer.Bytes(15, "abc");
  const auto mark = writer.Begin(16);
  writer.Bytes(2, std::string(200, 'x'));
  writer.End(mark);

  ProtobufReader reader(message);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.number(), 1U);
  EXPECT_EQ(reader.value(), 300U);
  EXPECT_FALSE(reader.IsBytes(1));
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsBytes(15));
  EXPECT_EQ(reader.bytes(), "abc");
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsBytes(16));
  ProtobufReader inner(reader.bytes());
  ASSERT_TRUE(inner.Next());
  EXPECT_EQ(inner.bytes(), std::string(200, 'x'));
  EXPECT_FALSE(inner.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtobufReader, SkipsNumbersOfFixedSize) {
  ProtobufReader reader(
      "\x09"
      "12345678"
      "\x15"
      "1234"
      "\x1a\x01z"sv);
  ASSERT_TRUE(reader.Next());
  ASSERT_TRUE(reader.Next());
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsBytes(3));
  EXPECT_EQ(reader.bytes(), "z");
}

TEST(ProtobufReader, TakesAMessageWithoutFieldsForWhole) { EXPECT_TRUE(ReadsWhole("")); }

TEST(ProtobufReader, RefusesWhatEndsTooEarly) {
  for (const std::string_view message :
       {"\x0a"sv, "\x0a\x02z"sv, "\x08"sv, "\x08\x80"sv, "\x09\x01"sv, "\x15\x01"sv, "\x80"sv,
        "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv}) {
    EXPECT_FALSE(ReadsWhole(message));
  }
}

TEST(ProtobufReader, RefusesNumbersThatAreTooLong) {
  EXPECT_TRUE(ReadsWhole("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv));
  EXPECT_FALSE(ReadsWhole("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv));
  EXPECT_FALSE(ReadsWhole("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv));
}

TEST(ProtobufReader, RefusesFieldsThatHaveNoNumberOfTheirOwn) {
  EXPECT_FALSE(ReadsWhole("\x00\x00"sv));
  EXPECT_FALSE(ReadsWhole("\x80\x80\x80\x80\x10\x00"sv));  // 2^29.
}

TEST(ProtobufReader, RefusesGroupsAndTypesThatThereAreNot) {
  for (const std::string_view message : {"\x0b\x0c"sv, "\x0c"sv, "\x0e"sv, "\x0f"sv}) {
    EXPECT_FALSE(ReadsWhole(message));
  }
}

}  // namespace
}  // namespace stile
