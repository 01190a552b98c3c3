#include "challenge/base64url.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

std::optional<std::vector<std::uint8_t>> Decode(std::string_view text) {
  std::vector<std::uint8_t> out(Base64UrlDecodedLength(text.size()));
  const std::optional<std::size_t> size = DecodeBase64Url(text, out);
  if (!size.has_value()) return std::nullopt;
  EXPECT_EQ(*size, out.size());
  return out;
}

// RFC 4648 section 10, with the padding left out.
TEST(Base64Url, WritesAndReadsTheVectorsOfRfc4648) {
  constexpr std::pair<std::string_view, std::string_view> kVectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(EncodeBase64Url(Bytes(bytes)), text);
    const auto decoded = Decode(text);
    ASSERT_TRUE(decoded.has_value()) << text;
    EXPECT_EQ(Hex(*decoded), Hex(Bytes(bytes)));
  }
}

TEST(Base64Url, UsesTheUrlAlphabet) {
  EXPECT_EQ(EncodeBase64Url(Unhex("fbefbe")), "----");
  EXPECT_EQ(EncodeBase64Url(Unhex("ffffff")), "____");
}

TEST(Base64Url, EveryLengthSurvivesTheRoundTrip) {
  std::mt19937_64 random(20260301);
  for (std::size_t length = 0; length < 300; ++length) {
    std::vector<std::uint8_t> bytes(length);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::string text = EncodeBase64Url(bytes);
    EXPECT_EQ(text.size(), Base64UrlLength(length));
    const auto decoded = Decode(text);
    ASSERT_TRUE(decoded.has_value()) << length;
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64Url, BothDecodersAgreeOnTextsOfEveryLength) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (std::size_t length = 0; length < 300; ++length) {
    for (int round = 0; round < 20; ++round) {
      std::vector<std::uint8_t> bytes(Base64UrlDecodedLength(length));
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
      std::string text = EncodeBase64Url(bytes);
      // One text in two has a byte of any kind somewhere.
      if (round % 2 == 0 && !text.empty())
        text[random() % text.size()] = static_cast<char>(random());
      std::vector<std::uint8_t> other(bytes.size());
      const auto one = DecodeBase64Url(text, bytes);
      ASSERT_EQ(one, DecodeBase64UrlPortable(text, other)) << text;
      if (one.has_value()) {
        ASSERT_EQ(bytes, other) << text;
      }
    }
  }
}

TEST(Base64Url, EveryByteOutsideTheAlphabetIsRefusedAtEveryPlace) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const std::size_t length : {2U, 3U, 4U, 8U, 12U, 15U, 16U, 22U, 28U, 32U, 47U, 64U, 92U}) {
    for (std::size_t place = 0; place < length; ++place) {
      for (int c = 0; c < 256; ++c) {
        if (kAlphabet.find(static_cast<char>(c)) != std::string_view::npos) continue;
        std::string text(length, 'A');
        text[place] = static_cast<char>(c);
        EXPECT_FALSE(Decode(text).has_value()) << "byte " << c << " at " << place;
      }
    }
  }
}

TEST(Base64Url, LengthsOfOneTooManyAreRefused) {
  for (const std::size_t length : {1U, 5U, 9U, 93U}) {
    EXPECT_FALSE(Decode(std::string(length, 'A')).has_value()) << length;
  }
}

TEST(Base64Url, PaddingIsRefused) {
  EXPECT_FALSE(Decode("Zg==").has_value());
  EXPECT_FALSE(Decode("Zm8=").has_value());
}

TEST(Base64Url, OnlyOneSpellingOfTheLastByteIsTaken) {
  int two = 0;
  int three = 0;
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_")) {
    two += Decode(std::string("Z") + c).has_value() ? 1 : 0;
    three += Decode(std::string("Zm") + c).has_value() ? 1 : 0;
  }
  EXPECT_EQ(two, 4);     // Two bits of the second character count.
  EXPECT_EQ(three, 16);  // Four bits of the third.
}

TEST(Base64Url, NothingIsWrittenPastAnOutputThatFits) {
  std::array<std::uint8_t, 128> out;
  for (std::size_t length = 0; length <= 124; ++length) {
    out.fill(0xA5);
    const std::string text = EncodeBase64Url(std::vector<std::uint8_t>(length, 0));
    ASSERT_TRUE(DecodeBase64Url(text, {out.data(), length}).has_value());
    for (std::size_t i = length; i < out.size(); ++i) EXPECT_EQ(out[i], 0xA5) << length;
  }
}

TEST(Base64Url, AnOutputThatIsTooShortIsRefused) {
  std::array<std::uint8_t, 2> bytes;
  EXPECT_FALSE(DecodeBase64Url("Zm9v", bytes).has_value());
  std::array<char, 3> text{'x', 'x', 'x'};
  EXPECT_EQ(EncodeBase64Url(Bytes("foo"), text), 0U);
  EXPECT_EQ(text[0], 'x');
}

using DecodeSigned = bool (*)(std::span<const char, kSignedBlockText>, MacBlock, Tag&) noexcept;

TEST(SignedBlock, IsDecodedAndPaddedInBothVersions) {
  std::array<std::uint8_t, 69> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37 + 11);
  const std::string text = EncodeBase64Url(bytes);
  ASSERT_EQ(text.size(), kSignedBlockText);
  std::array<std::uint8_t, kSha256Block> expected{};
  std::copy_n(bytes.begin(), 53, expected.begin());
  PadMacBlock(expected, 53);
  for (const DecodeSigned decode : {&DecodeSignedBlock, &DecodeSignedBlockPortable}) {
    std::array<std::uint8_t, kSha256Block> block;
    block.fill(0xA5);
    Tag tag;
    ASSERT_TRUE(decode(std::span<const char, kSignedBlockText>(text), block, tag));
    EXPECT_EQ(block, expected);
    EXPECT_TRUE(std::equal(tag.bytes.begin(), tag.bytes.end(), bytes.begin() + 53));
  }
}

TEST(SignedBlock, IsRefusedForEveryOtherCharacterAnywhere) {
  const std::string right(kSignedBlockText, 'A');
  for (std::size_t at = 0; at < kSignedBlockText; ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = right;
      text[at] = static_cast<char>(c);
      const bool known = std::isalnum(c) != 0 || c == '-' || c == '_';
      for (const DecodeSigned decode : {&DecodeSignedBlock, &DecodeSignedBlockPortable}) {
        std::array<std::uint8_t, kSha256Block> block;
        Tag tag;
        EXPECT_EQ(decode(std::span<const char, kSignedBlockText>(text), block, tag), known)
            << at << " " << c;
      }
    }
  }
}

}  // namespace
}  // namespace stile
