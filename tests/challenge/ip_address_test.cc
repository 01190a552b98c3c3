#include "challenge/ip_address.h"

#include <gtest/gtest.h>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

TEST(IpAddress, ReadsDottedQuads) {
  const auto address = IpAddress::Parse("192.0.2.7");
  ASSERT_TRUE(address.has_value());
  EXPECT_FALSE(address->is_v6());
  EXPECT_EQ(Hex(address->bytes()), "c0000207000000000000000000000000");
  EXPECT_EQ(address->ToString(), "192.0.2.7");
}

TEST(IpAddress, ReadsTheFormsOfRfc4291) {
  EXPECT_EQ(Hex(IpAddress::Parse("2001:db8::8:800:200c:417a")->bytes()),
            "20010db80000000000080800200c417a");
  EXPECT_EQ(Hex(IpAddress::Parse("::1")->bytes()), "00000000000000000000000000000001");
  EXPECT_EQ(Hex(IpAddress::Parse("::")->bytes()), "00000000000000000000000000000000");
  EXPECT_EQ(Hex(IpAddress::Parse("64:ff9b::192.0.2.33")->bytes()),
            "0064ff9b0000000000000000c0000221");
  EXPECT_TRUE(IpAddress::Parse("FE80:0000:0000:0000:0000:0000:255.255.255.255")->is_v6());
}

TEST(IpAddress, MakesAMappedAddressIpv4) {
  const IpAddress four = *IpAddress::Parse("192.0.2.7");
  EXPECT_EQ(*IpAddress::Parse("::ffff:192.0.2.7"), four);
  EXPECT_EQ(*IpAddress::Parse("::ffff:c000:207"), four);
  EXPECT_EQ(IpAddress::V6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7}), four);
  EXPECT_EQ(IpAddress::V4({192, 0, 2, 7}), four);
  EXPECT_TRUE(IpAddress::Parse("::192.0.2.7")->is_v6());
}

TEST(IpAddress, RefusesEverythingElse) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {""sv,
                                      "192.0.2"sv,
                                      "192.0.2.7.1"sv,
                                      "192.0.2.07"sv,
                                      "192.0.2.256"sv,
                                      "0x7f.1"sv,
                                      "2130706433"sv,
                                      "192.0.2.7 "sv,
                                      " 192.0.2.7"sv,
                                      "192.0.2.7:80"sv,
                                      "[::1]"sv,
                                      "fe80::1%eth0"sv,
                                      "1::2::3"sv,
                                      ":::"sv,
                                      "12345::"sv,
                                      "::g"sv,
                                      "192.0.2.7\0"sv,
                                      "192.0.2.7\0x"sv,
                                      "::ffff:192.0.2.07"sv,
                                      "unknown"sv,
                                      "0000:0000:0000:0000:0000:0000:255.255.255.2555"sv}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddress, PrefixClearsWhatIsPastItsLength) {
  const IpAddress four = *IpAddress::Parse("255.255.255.255");
  EXPECT_EQ(four.Prefix(24), 0xFFFF'FF00'0000'0000U);
  EXPECT_EQ(four.Prefix(0), 0U);
  EXPECT_EQ(four.Prefix(-3), 0U);
  EXPECT_EQ(four.Prefix(1), 0x8000'0000'0000'0000U);
  EXPECT_EQ(four.Prefix(64), 0xFFFF'FFFF'0000'0000U);
  const IpAddress six = *IpAddress::Parse("ffff:ffff:ffff:ffff:ffff::");
  EXPECT_EQ(six.Prefix(63), 0xFFFF'FFFF'FFFF'FFFEU);
  EXPECT_EQ(six.Prefix(128), 0xFFFF'FFFF'FFFF'FFFFU);
}

}  // namespace
}  // namespace stile
