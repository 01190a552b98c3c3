#include "challenge/clearance.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "challenge/sha256_lanes.h"
#include "tests/challenge/allocation_count.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

using ByteVector = std::vector<std::uint8_t>;

const HmacKey& Key() { return MainKey(KeyPurpose::kClearance); }

std::string Text(const Clearance& clearance) {
  const ClearanceText text = SealClearance(clearance, Key());
  return {text.data(), text.size()};
}

ByteVector BytesOfToken(std::string_view text = kClearanceText) {
  ByteVector bytes(Base64UrlDecodedLength(text.size()));
  EXPECT_TRUE(DecodeBase64Url(text, bytes).has_value());
  return bytes;
}

TokenShape ShapeOf(std::string_view text) {
  SealedClearance sealed;
  return sealed.Parse(text);
}

TokenShape ShapeOf(const ByteVector& bytes) { return ShapeOf(EncodeBase64Url(bytes)); }

// Puts the right tag under changed bytes, as a holder of the key could.
std::string SignedAgain(ByteVector bytes) {
  const Tag tag = Key().ComputeTag({bytes.data(), Clearance::kBodySize});
  std::copy(tag.bytes.begin(), tag.bytes.end(), bytes.begin() + Clearance::kBodySize);
  return EncodeBase64Url(bytes);
}

TEST(Clearance, HasTheTextThatAnotherImplementationMade) {
  EXPECT_EQ(Text(MakeClearance()), kClearanceText);
}

TEST(Clearance, SurvivesTheRoundTrip) {
  SealedClearance sealed;
  ASSERT_EQ(sealed.Parse(kClearanceText), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_key_id(), 1);
  EXPECT_EQ(sealed.claimed_issued_at(), kNoon);
  EXPECT_EQ(sealed.claimed_expires_at(), kNoon + 43'200);
  EXPECT_EQ(sealed.claimed_site_id(), SiteId("main"));
  Clearance opened;
  ASSERT_TRUE(sealed.Open(Key(), opened));
  EXPECT_EQ(opened, MakeClearance());
}

TEST(Clearance, SurvivesTheRoundTripAtItsLimits) {
  Clearance clearance;
  clearance.key_id = 255;
  clearance.id.fill(0xFF);
  clearance.issued_at = clearance.expires_at = clearance.site_id = 0xFFFFFFFF;
  clearance.rank = clearance.effort_log2 = clearance.budget_class = clearance.roams = 255;
  clearance.puzzle = Puzzle::kHashwx;
  clearance.binding = {Binding::kKnownParts, 64, ~std::uint64_t{0}, 1, 0xFFFFFFFF};
  SealedClearance sealed;
  ASSERT_EQ(sealed.Parse(Text(clearance)), TokenShape::kWellFormed);
  Clearance opened;
  ASSERT_TRUE(sealed.Open(Key(), opened));
  EXPECT_EQ(opened, clearance);
}

TEST(Clearance, WhatDoesNotBindIsSealedAsZeros) {
  Clearance clearance = MakeClearance();
  clearance.binding.parts = Binding::kIpv6;
  SealedClearance sealed;
  ASSERT_EQ(sealed.Parse(Text(clearance)), TokenShape::kWellFormed);
  Clearance opened;
  ASSERT_TRUE(sealed.Open(Key(), opened));
  Binding expected;
  expected.parts = Binding::kIpv6;
  EXPECT_EQ(opened.binding, expected);
}

TEST(Clearance, BindingIsSealedInItsOneSpelling) {
  Clearance clearance = MakeClearance();
  clearance.binding.parts |= 0xF0;
  clearance.binding.prefix = ~std::uint64_t{0};
  clearance.binding.prefix_length = 60;
  SealedClearance sealed;
  ASSERT_EQ(sealed.Parse(Text(clearance)), TokenShape::kWellFormed);
  Clearance opened;
  ASSERT_TRUE(sealed.Open(Key(), opened));
  EXPECT_EQ(opened.binding.parts, Binding::kAddress | Binding::kUserAgent);
  EXPECT_EQ(opened.binding.prefix_length, 32);
  EXPECT_EQ(opened.binding.prefix, 0xFFFF'FFFF'0000'0000U);
}

TEST(SealedClearance, EmptyTextIsAbsent) { EXPECT_EQ(ShapeOf(""), TokenShape::kAbsent); }

TEST(SealedClearance, ABodyWithoutItsTagIsUnsigned) {
  ByteVector bytes = BytesOfToken();
  bytes.resize(Clearance::kBodySize);
  EXPECT_EQ(ShapeOf(bytes), TokenShape::kUnsigned);
}

TEST(SealedClearance, ABodyWithoutItsTagOfAnotherKindIsMalformed) {
  for (const std::size_t at : {0U, 1U, 3U, 51U, 52U}) {
    ByteVector bytes = BytesOfToken();
    bytes.resize(Clearance::kBodySize);
    bytes[at] ^= 0x80;
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << at;
  }
}

TEST(SealedClearance, EveryOtherLengthIsMalformed) {
  for (std::size_t length = 1; length < 200; ++length) {
    if (length == Clearance::kTextSize || length == 71) continue;
    std::string text(kClearanceText);
    text.resize(length, 'A');
    EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed) << length;
  }
  EXPECT_EQ(ShapeOf(std::string(1'000'000, 'A')), TokenShape::kMalformed);
}

TEST(SealedClearance, EveryByteOutsideTheAlphabetIsMalformed) {
  for (std::size_t place = 0; place < kClearanceText.size(); ++place) {
    for (const char c : {'+', '/', '=', '.', ' ', '\0', '\n', '\x80', '\xFF'}) {
      std::string text(kClearanceText);
      text[place] = c;
      EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed) << place;
    }
  }
}

TEST(SealedClearance, AnotherVersionIsMalformed) {
  ByteVector bytes = BytesOfToken();
  bytes[0] = 2;
  EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed);
}

TEST(SealedClearance, AnotherKindIsMalformed) {
  for (const int kind : {0, 1, 3, 255}) {
    ByteVector bytes = BytesOfToken();
    bytes[1] = static_cast<std::uint8_t>(kind);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << kind;
  }
}

TEST(SealedClearance, AReservedByteIsMalformed) {
  for (const std::size_t at : {51U, 52U}) {
    ByteVector bytes = BytesOfToken();
    bytes[at] = 1;
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << at;
  }
}

TEST(SealedClearance, AnUnknownBindingBitIsMalformed) {
  for (int bit = 3; bit < 8; ++bit) {
    ByteVector bytes = BytesOfToken();
    bytes[3] |= static_cast<std::uint8_t>(1 << bit);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << bit;
  }
}

TEST(SealedClearance, NoFlippedBitIsBelieved) {
  for (std::size_t bit = 0; bit < Clearance::kSize * 8; ++bit) {
    ByteVector bytes = BytesOfToken();
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    SealedClearance sealed;
    Clearance opened;
    EXPECT_FALSE(sealed.Parse(EncodeBase64Url(bytes)) == TokenShape::kWellFormed &&
                 sealed.Open(Key(), opened))
        << bit;
    EXPECT_EQ(opened, Clearance()) << bit;
  }
}

TEST(SealedClearance, IsNotBelievedUnderAnyOtherKey) {
  SealedClearance sealed;
  ASSERT_EQ(sealed.Parse(kClearanceText), TokenShape::kWellFormed);
  Clearance opened;
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kChallenge), opened));
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kContext), opened));
  EXPECT_FALSE(sealed.Open(
      *MainSite()->Find(KeyPurpose::kClearance, 1, kNoon + kKeyEpochSeconds, kNow), opened));
}

TEST(SealedClearance, AnUntouchedOneIsNotBelieved) {
  Clearance opened;
  EXPECT_FALSE(SealedClearance().Open(Key(), opened));
}

TEST(SealedClearance, FieldsThatNoTableForbidsAreTakenAsTheyAre) {
  ByteVector bytes = BytesOfToken();
  bytes[32] = 0;    // Rank.
  bytes[33] = 200;  // Puzzle.
  bytes[36] = 33;   // Prefix length.
  bytes[44] = 1;    // A bit past it.
  bytes[45] = 2;    // Version of the class.
  SealedClearance sealed;
  Clearance opened;
  ASSERT_EQ(sealed.Parse(SignedAgain(bytes)), TokenShape::kWellFormed);
  ASSERT_TRUE(sealed.Open(Key(), opened));
  EXPECT_EQ(opened.rank, 0);
  EXPECT_FALSE(opened.binding.Matches({IpAddress::Parse("192.0.2.7"), ""}));
}

TEST(SealedClearance, ParsesAndOpensWithoutAllocating) {
  SealedClearance sealed;
  Clearance opened;
  const HmacKey& key = Key();
  const std::size_t before = AllocationCount();
  const bool is_open =
      sealed.Parse(kClearanceText) == TokenShape::kWellFormed && sealed.Open(key, opened);
  const std::size_t after = AllocationCount();
  EXPECT_TRUE(is_open);
  EXPECT_EQ(after, before);
}

// Opens as many clearances at once as there are texts. Returns which are authentic; checks that the
// contents of these alone are written.
std::vector<bool> OpenEach(const std::vector<std::string>& texts) {
  std::vector<SealedClearance> sealed(texts.size());
  std::vector<Clearance> contents(texts.size());
  std::vector<SealedClearance::Opening> openings;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(sealed[i].Parse(texts[i]), TokenShape::kWellFormed) << i;
    openings.push_back({&sealed[i], &Key(), &contents[i], i % 2 != 0});
  }
  SealedClearance::OpenEach(openings);
  std::vector<bool> authentic;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    authentic.push_back(openings[i].authentic);
    EXPECT_EQ(contents[i], openings[i].authentic ? MakeClearance() : Clearance{}) << i;
  }
  return authentic;
}

TEST(SealedClearance, OfManyTheOneWithAFlippedBitIsNotOpened) {
  const ByteVector bytes = BytesOfToken();
  for (const std::size_t place : {0U, 1U, 8U, 15U}) {
    std::vector<std::string> texts(kMaxSha256Lanes, std::string(kClearanceText));
    std::vector<bool> expected(texts.size(), true);
    EXPECT_EQ(OpenEach(texts), expected);
    expected[place] = false;
    std::size_t flipped = 0;
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      ByteVector other = bytes;
      other[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      texts[place] = EncodeBase64Url(other);
      if (ShapeOf(texts[place]) != TokenShape::kWellFormed) continue;
      EXPECT_EQ(OpenEach(texts), expected) << place << " " << bit;
      ++flipped;
    }
    // All of the tag's, and nearly all of the body's.
    EXPECT_GT(flipped, 8 * bytes.size() - 80);
  }
}

TEST(SealedClearance, OfMoreThanAreOpenedAtOnceTheRestIsNot) {
  std::vector<bool> expected(kMaxSha256Lanes + 1, true);
  expected.back() = false;
  EXPECT_EQ(OpenEach(std::vector<std::string>(expected.size(), std::string(kClearanceText))),
            expected);
}

}  // namespace
}  // namespace stile
