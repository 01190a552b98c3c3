#include "challenge/context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "tests/challenge/allocation_count.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

using ByteVector = std::vector<std::uint8_t>;

const HmacKey& Key() { return MainKey(KeyPurpose::kContext); }

std::string Text(const Context& context) {
  ContextText text;
  SealContext(context, Key(), text);
  return std::string(text.view());
}

ByteVector BytesOfToken() {
  ByteVector bytes(Base64UrlDecodedLength(kContextText.size()));
  EXPECT_TRUE(DecodeBase64Url(kContextText, bytes).has_value());
  return bytes;
}

TokenShape ShapeOf(std::string_view text) {
  SealedContext sealed;
  return sealed.Parse(text);
}

TokenShape ShapeOf(const ByteVector& bytes) { return ShapeOf(EncodeBase64Url(bytes)); }

// Seals `context` and reads it again.
Context Reread(const Context& context, SealedContext& sealed) {
  Context opened;
  EXPECT_EQ(sealed.Parse(Text(context)), TokenShape::kWellFormed);
  EXPECT_TRUE(sealed.Open(Key(), opened));
  return opened;
}

TEST(Context, HasTheTextThatAnotherImplementationMade) {
  EXPECT_EQ(Text(MakeContext()), kContextText);
}

TEST(Context, SurvivesTheRoundTrip) {
  SealedContext sealed;
  const Context opened = Reread(MakeContext(), sealed);
  EXPECT_EQ(sealed.claimed_key_id(), 1);
  EXPECT_EQ(sealed.claimed_issued_at(), kNoon);
  EXPECT_EQ(sealed.claimed_expires_at(), kNoon + 600);
  EXPECT_EQ(sealed.claimed_site_id(), SiteId("main"));
  EXPECT_EQ(opened.key_id, 1);
  EXPECT_EQ(opened.rank, 2);
  EXPECT_EQ(opened.issued_at, kNoon);
  EXPECT_EQ(opened.expires_at, kNoon + 600);
  EXPECT_EQ(opened.site_id, SiteId("main"));
  EXPECT_EQ(opened.action, 2);
  EXPECT_EQ(opened.verdict, 4);
  EXPECT_EQ(opened.roams, 1);
  EXPECT_EQ(opened.rule, 7);
  EXPECT_EQ(opened.return_path, "/a?b=c");
}

TEST(Context, HoldsPathsOfEveryAllowedLength) {
  for (const std::size_t length : {1U, 2U, 767U, 768U}) {
    Context context = MakeContext();
    const std::string path = std::string("/").append(length - 1, 'a');
    context.return_path = path;
    SealedContext sealed;
    EXPECT_EQ(Reread(context, sealed).return_path, path) << length;
  }
}

TEST(Context, APathThatMayNotBeOneBecomesTheRoot) {
  for (const std::string& path :
       {std::string("//evil.example"), std::string(""), std::string("/").append(768, 'a')}) {
    Context context = MakeContext();
    context.return_path = path;
    SealedContext sealed;
    EXPECT_EQ(Reread(context, sealed).return_path, "/") << path;
  }
}

TEST(Context, LivesForAnHourAtMost) {
  Context context = MakeContext();
  context.expires_at = 0xFFFFFFFF;
  SealedContext sealed;
  EXPECT_EQ(Reread(context, sealed).expires_at, kNoon + Context::kMaxSeconds);
}

TEST(SealedContext, EmptyTextIsAbsent) { EXPECT_EQ(ShapeOf(""), TokenShape::kAbsent); }

TEST(SealedContext, EveryOtherLengthIsMalformed) {
  for (std::size_t length = 1; length <= 1'100; ++length) {
    if (length == kContextText.size()) continue;
    std::string text(kContextText);
    text.resize(length, 'A');
    EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed) << length;
  }
  EXPECT_EQ(ShapeOf(std::string(1'000'000, 'A')), TokenShape::kMalformed);
}

TEST(SealedContext, AnotherVersionKindOrReservedByteIsMalformed) {
  for (const std::size_t at : {0U, 1U, 19U}) {
    ByteVector bytes = BytesOfToken();
    bytes[at] ^= 4;
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << at;
  }
}

TEST(SealedContext, AReturnPathThatDoesNotEndItExactlyIsMalformed) {
  for (const int length : {0, 5, 7, 769, 0xFFFF}) {
    ByteVector bytes = BytesOfToken();
    bytes[22] = static_cast<std::uint8_t>(length >> 8);
    bytes[23] = static_cast<std::uint8_t>(length);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << length;
  }
}

TEST(SealedContext, AnotherSpellingIsMalformed) {
  std::string text(kContextText);
  text.back() = static_cast<char>(text.back() + 1);
  EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed);
}

TEST(SealedContext, NoFlippedBitIsBelieved) {
  const ByteVector token = BytesOfToken();
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    ByteVector bytes = token;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    SealedContext sealed;
    Context opened;
    EXPECT_FALSE(sealed.Parse(EncodeBase64Url(bytes)) == TokenShape::kWellFormed &&
                 sealed.Open(Key(), opened))
        << bit;
  }
}

TEST(SealedContext, IsNotBelievedUnderAnotherPurpose) {
  SealedContext sealed;
  ASSERT_EQ(sealed.Parse(kContextText), TokenShape::kWellFormed);
  Context opened;
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kClearance), opened));
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kChallenge), opened));
}

TEST(SealedContext, IsNotBelievedAfterAMalformedText) {
  SealedContext sealed;
  ASSERT_EQ(sealed.Parse(kContextText), TokenShape::kWellFormed);
  ASSERT_EQ(sealed.Parse("x"), TokenShape::kMalformed);
  Context opened;
  EXPECT_FALSE(sealed.Open(Key(), opened));
}

TEST(SealedContext, SealsParsesAndOpensWithoutAllocating) {
  const Context context = MakeContext();
  ContextText text;
  SealedContext sealed;
  Context opened;
  const HmacKey& key = Key();
  const std::size_t before = AllocationCount();
  SealContext(context, key, text);
  const bool is_open =
      sealed.Parse(text.view()) == TokenShape::kWellFormed && sealed.Open(key, opened);
  const std::size_t after = AllocationCount();
  EXPECT_TRUE(is_open);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace stile
