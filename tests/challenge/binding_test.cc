#include "challenge/binding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace stile {
namespace {

constexpr std::string_view kChrome131 =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36";
constexpr std::string_view kChrome132 =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/132.0.0.0 Safari/537.36";

Client At(std::string_view address, std::string_view user_agent = kChrome131) {
  return {IpAddress::Parse(address), user_agent};
}

// Made by another implementation of docs/wire-format.md. Frozen: a change logs everybody out.
TEST(UserAgentClass, KeepsItsFrozenValues) {
  EXPECT_EQ(UserAgentClass(""), 0xE019A610U);
  EXPECT_EQ(UserAgentClass("curl/7.88.1"), 0x0C9BF48AU);
  EXPECT_EQ(UserAgentClass(kChrome131), 0x7E96BB9DU);
  EXPECT_EQ(UserAgentClass("0123456789:/ABCDEF"), 0x8C3AD7F2U);
  EXPECT_EQ(UserAgentClass(std::string(15, 'x')), 0x03238CD2U);
  EXPECT_EQ(UserAgentClass(std::string(16, 'x')), 0x0D5AE0E5U);
  EXPECT_EQ(UserAgentClass(std::string(17, 'x')), 0x8CABC585U);
  EXPECT_EQ(UserAgentClass(std::string(512, 'x')), 0x5F34809DU);
  EXPECT_EQ(UserAgentClass("\xFF\xB0\xB9\x30\x39\x2F\x3A"), 0x232554D4U);
}

TEST(UserAgentClass, IsTheSameInBothVersions) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (std::size_t length = 0; length < 600; ++length) {
    // Few kinds of bytes, so that digits and their neighbors are common; then all kinds.
    for (const std::size_t kinds : {16U, 256U}) {
      std::string text(length, '\0');
      for (char& c : text) c = static_cast<char>('-' + random() % kinds);
      ASSERT_EQ(UserAgentClass(text), UserAgentClassPortable(text)) << length;
    }
  }
}

TEST(UserAgentClass, IsTheSameForTheNextVersionOfABrowser) {
  EXPECT_EQ(UserAgentClass(kChrome131), UserAgentClass(kChrome132));
}

TEST(UserAgentClass, DiffersBetweenBrowsers) {
  EXPECT_NE(UserAgentClass(kChrome131), UserAgentClass("curl/7.88.1"));
}

TEST(UserAgentClass, LooksAtTheFirst512BytesOnly) {
  EXPECT_EQ(UserAgentClass(std::string(512, 'x') + "tail"), UserAgentClass(std::string(512, 'x')));
  EXPECT_NE(UserAgentClass(std::string(511, 'x')), UserAgentClass(std::string(512, 'x')));
}

TEST(UserAgentClass, TreatsEveryByteButDigitsAsItself) {
  for (int c = 0; c < 256; ++c) {
    const bool is_digit = c >= '0' && c <= '9';
    const std::string text(3, static_cast<char>(c));
    EXPECT_EQ(UserAgentClass(text) == UserAgentClass("000"), is_digit) << c;
  }
}

TEST(Binding, HoldsTheMaskedPrefixAndTheClass) {
  const Binding binding = Binding::Of(At("192.0.2.7"), {});
  EXPECT_EQ(binding.parts, Binding::kAddress | Binding::kUserAgent);
  EXPECT_EQ(binding.prefix_length, 24);
  EXPECT_EQ(binding.prefix, 0xC000'0200'0000'0000U);
  EXPECT_EQ(binding.user_agent_class_version, 1);
  EXPECT_EQ(binding.user_agent_class, UserAgentClass(kChrome131));
}

TEST(Binding, HoldsAnIpv6PrefixAndItsFamily) {
  const Binding binding = Binding::Of(At("2001:db8:1:2ff:3:4:5:6"), {});
  EXPECT_EQ(binding.parts, Binding::kAddress | Binding::kUserAgent | Binding::kIpv6);
  EXPECT_EQ(binding.prefix_length, 56);
  EXPECT_EQ(binding.prefix, 0x2001'0DB8'0001'0200U);
}

TEST(Binding, PrefixLengthsPastTheirLimitsAreCut) {
  EXPECT_EQ(Binding::Of(At("192.0.2.7"), {.ipv4_prefix = 99}).prefix_length, 32);
  EXPECT_EQ(Binding::Of(At("2001:db8::1"), {.ipv6_prefix = 128}).prefix_length, 64);
}

TEST(Binding, AZeroPrefixDoesNotBindTheAddress) {
  const Binding binding = Binding::Of(At("192.0.2.7"), {.ipv4_prefix = 0});
  EXPECT_EQ(binding.parts, Binding::kUserAgent);
  EXPECT_EQ(binding.prefix, 0U);
  EXPECT_TRUE(binding.Matches(At("203.0.113.1")));
}

TEST(Binding, AnUnknownAddressIsNotBound) {
  const Binding binding = Binding::Of({std::nullopt, kChrome131}, {});
  EXPECT_EQ(binding.parts, Binding::kUserAgent);
}

TEST(Binding, ADefaultOneMatchesAnyone) {
  EXPECT_TRUE(Binding().Matches({}));
  EXPECT_TRUE(Binding().Matches(At("2001:db8::1", "x")));
}

TEST(Binding, MatchesTheWholePrefixAndNothingBeyond) {
  const Binding binding = Binding::Of(At("192.0.2.7"), {});
  EXPECT_TRUE(binding.Matches(At("192.0.2.255")));
  EXPECT_FALSE(binding.Matches(At("192.0.3.0")));
  EXPECT_FALSE(binding.Matches(At("192.0.1.255")));
}

TEST(Binding, MatchesAMappedAddressAsIpv4) {
  EXPECT_TRUE(Binding::Of(At("192.0.2.7"), {}).Matches(At("::ffff:192.0.2.9")));
}

TEST(Binding, RejectsTheOtherFamilyEvenWithTheSameBits) {
  const Binding four = Binding::Of(At("32.1.13.184"), {.ipv4_prefix = 32});
  const Binding six = Binding::Of(At("2001:db8::"), {.ipv6_prefix = 32});
  EXPECT_EQ(four.prefix, six.prefix);
  EXPECT_FALSE(four.Matches(At("2001:db8::1")));
  EXPECT_FALSE(six.Matches(At("32.1.13.184")));
}

TEST(Binding, RejectsAClientOfUnknownAddress) {
  EXPECT_FALSE(Binding::Of(At("192.0.2.7"), {}).Matches({std::nullopt, kChrome131}));
}

TEST(Binding, RejectsAnotherUserAgent) {
  EXPECT_FALSE(Binding::Of(At("192.0.2.7"), {}).Matches(At("192.0.2.7", "curl/7.88.1")));
  EXPECT_TRUE(
      Binding::Of(At("192.0.2.7"), {.user_agent = false}).Matches(At("192.0.2.7", "curl/7.88.1")));
}

TEST(Binding, RejectsAnotherVersionOfTheClass) {
  Binding binding = Binding::Of(At("192.0.2.7"), {});
  binding.user_agent_class_version = 2;
  EXPECT_FALSE(binding.Matches(At("192.0.2.7")));
}

TEST(Binding, RejectsEveryoneIfThePrefixHasBitsPastItsLength) {
  Binding binding = Binding::Of(At("192.0.2.7"), {});
  binding.prefix |= 1;
  EXPECT_FALSE(binding.Matches(At("192.0.2.7")));
}

TEST(Binding, RejectsEveryoneIfThePrefixLengthIsPastItsLimit) {
  Binding binding = Binding::Of(At("192.0.2.7"), {.ipv4_prefix = 32});
  ASSERT_TRUE(binding.Matches(At("192.0.2.7")));
  binding.prefix_length = 33;
  EXPECT_FALSE(binding.Matches(At("192.0.2.7")));
}

}  // namespace
}  // namespace stile
