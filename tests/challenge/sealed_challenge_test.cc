#include "challenge/sealed_challenge.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "challenge/base64url.h"
#include "tests/challenge/allocation_count.h"
#include "tests/challenge/hex.h"
#include "tests/challenge/main_site.h"

namespace stile {
namespace {

using ByteVector = std::vector<std::uint8_t>;

const HmacKey& Key() { return MainKey(KeyPurpose::kChallenge); }

ByteVector BytesOfToken() {
  ByteVector bytes(Base64UrlDecodedLength(kChallengeText.size()));
  EXPECT_TRUE(DecodeBase64Url(kChallengeText, bytes).has_value());
  return bytes;
}

TokenShape ShapeOf(std::string_view text) {
  SealedChallenge sealed;
  return sealed.Parse(text);
}

TokenShape ShapeOf(const ByteVector& bytes) { return ShapeOf(EncodeBase64Url(bytes)); }

// Seals `challenge`, reads it again into `sealed`, and returns what it says.
Challenge Reread(const Challenge& challenge, SealedChallenge& sealed) {
  ChallengeText text;
  EXPECT_TRUE(SealChallenge(challenge, Key(), text));
  EXPECT_EQ(sealed.Parse(text.view()), TokenShape::kWellFormed);
  Challenge opened;
  EXPECT_TRUE(sealed.Open(Key(), opened));
  return opened;
}

bool IsSealed(void (*change)(Challenge&)) {
  Challenge challenge = MakeChallenge();
  change(challenge);
  ChallengeText text;
  text.size = 5;
  const bool sealed = SealChallenge(challenge, Key(), text);
  EXPECT_EQ(text.size != 0, sealed);
  return sealed;
}

TEST(Challenge, HasTheTextThatAnotherImplementationMade) {
  ChallengeText text;
  ASSERT_TRUE(SealChallenge(MakeChallenge(), Key(), text));
  EXPECT_EQ(text.view(), kChallengeText);
}

TEST(Challenge, SurvivesTheRoundTrip) {
  SealedChallenge sealed;
  const Challenge expected = MakeChallenge();
  const Challenge opened = Reread(expected, sealed);
  EXPECT_EQ(opened.key_id, 1);
  EXPECT_EQ(opened.id, expected.id);
  EXPECT_EQ(opened.issued_at, expected.issued_at);
  EXPECT_EQ(opened.expires_at, expected.expires_at);
  EXPECT_EQ(opened.site_id, expected.site_id);
  EXPECT_EQ(opened.binding, expected.binding);
  EXPECT_EQ(opened.mint_key_id, 1);
  EXPECT_EQ(opened.roams, 1);
  EXPECT_EQ(opened.alternative_count, 2);
  EXPECT_EQ(opened.alternatives, expected.alternatives);
  EXPECT_EQ(opened.return_path, "/a?b=c");
}

TEST(Challenge, ClaimsWhatItSays) {
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(kChallengeText), TokenShape::kWellFormed);
  const Challenge expected = MakeChallenge();
  EXPECT_EQ(sealed.claimed_key_id(), expected.key_id);
  EXPECT_EQ(sealed.claimed_mint_key_id(), expected.mint_key_id);
  EXPECT_EQ(sealed.claimed_issued_at(), expected.issued_at);
  EXPECT_EQ(sealed.claimed_expires_at(), expected.expires_at);
  EXPECT_EQ(sealed.claimed_site_id(), expected.site_id);
  EXPECT_EQ(sealed.claimed_alternative_count(), 2);
  EXPECT_EQ(sealed.claimed_alternative(1), expected.alternatives[1]);
  EXPECT_EQ(sealed.claimed_alternative(99), Alternative());
  EXPECT_EQ(sealed.claimed_id(), expected.id);
  EXPECT_EQ(Hex(sealed.tag().bytes), "c6e1dbbc76bb7241892a20d5f87489d2");
}

TEST(Challenge, HoldsOneToFourAlternativesAndPathsOfEveryLength) {
  for (std::uint8_t count = 1; count <= 4; ++count) {
    for (const std::size_t length : {1U, 2U, 767U, 768U}) {
      Challenge challenge = MakeChallenge();
      challenge.alternative_count = count;
      challenge.alternatives[2] = {Puzzle::kSha256, 255, 64, 255, kMaxEffort, 604'800};
      challenge.alternatives[3] = {Puzzle::kWait, 3, 0, 0, kMaxWaitMillis, 1};
      const std::string path = std::string("/").append(length - 1, 'a');
      challenge.return_path = path;
      SealedChallenge sealed;
      const Challenge opened = Reread(challenge, sealed);
      EXPECT_EQ(opened.alternative_count, count);
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(opened.alternatives[i], i < count ? challenge.alternatives[i] : Alternative());
      }
      EXPECT_EQ(opened.return_path, path);
    }
  }
}

TEST(Challenge, APathThatMayNotBeOneBecomesTheRoot) {
  Challenge challenge = MakeChallenge();
  challenge.return_path = "//evil.example/";
  SealedChallenge sealed;
  EXPECT_EQ(Reread(challenge, sealed).return_path, "/");
}

TEST(Challenge, IsNotSealedWithAFieldOutsideItsLimits) {
  ASSERT_TRUE(IsSealed([](Challenge&) {}));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.key_id = 0; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.mint_key_id = 0; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.alternative_count = 0; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.alternative_count = 5; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.alternatives[1].rank = 0; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.alternatives[0].parts = 65; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.alternatives[0].puzzle = Puzzle::kNone; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.expires_at = kNoon; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.expires_at = kNoon + 3'601; }));
  EXPECT_TRUE(IsSealed([](Challenge& c) { c.expires_at = kNoon + 3'600; }));
  EXPECT_FALSE(IsSealed([](Challenge& c) { c.issued_at = UnixMillis{-1}; }));
}

TEST(Challenge, IsNotSealedWhereItsClearanceWouldEndAfterTheLastSecond) {
  Challenge challenge = MakeChallenge();
  ChallengeText text;
  const std::int64_t last = std::int64_t{0xFFFFFFFF} - kMaxClearanceSeconds;
  challenge.issued_at = UnixMillis::FromSeconds(last);
  challenge.expires_at = static_cast<std::uint32_t>(last + 10);
  EXPECT_TRUE(SealChallenge(challenge, Key(), text));
  challenge.issued_at = UnixMillis::FromSeconds(last + 1);
  EXPECT_FALSE(SealChallenge(challenge, Key(), text));
}

TEST(SealedChallenge, EmptyTextIsAbsent) { EXPECT_EQ(ShapeOf(""), TokenShape::kAbsent); }

TEST(SealedChallenge, EveryOtherLengthIsMalformed) {
  for (std::size_t length = 1; length <= 1'300; ++length) {
    if (length == kChallengeText.size()) continue;
    std::string text(kChallengeText);
    text.resize(length, 'A');
    EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed) << length;
  }
  EXPECT_EQ(ShapeOf(std::string(1'000'000, 'A')), TokenShape::kMalformed);
}

TEST(SealedChallenge, AnotherVersionKindOrReservedByteIsMalformed) {
  for (const std::size_t at : {0U, 1U, 53U}) {
    ByteVector bytes = BytesOfToken();
    bytes[at] ^= 4;
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << at;
  }
}

TEST(SealedChallenge, AnUnknownBindingBitIsMalformed) {
  for (int bit = 3; bit < 8; ++bit) {
    ByteVector bytes = BytesOfToken();
    bytes[36] |= static_cast<std::uint8_t>(1 << bit);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << bit;
  }
}

TEST(SealedChallenge, EveryOtherNumberOfAlternativesIsMalformed) {
  for (int n = 0; n < 256; ++n) {
    if (n == 2) continue;
    ByteVector bytes = BytesOfToken();
    bytes[3] = static_cast<std::uint8_t>(n);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << n;
  }
}

TEST(SealedChallenge, AReturnPathThatDoesNotEndItExactlyIsMalformed) {
  for (const int length : {0, 5, 7, 769, 0xFFFF}) {
    ByteVector bytes = BytesOfToken();
    bytes[54 + 32] = static_cast<std::uint8_t>(length >> 8);
    bytes[55 + 32] = static_cast<std::uint8_t>(length);
    EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed) << length;
  }
}

// A token that is right but for its number of alternatives or the length of its path.
ByteVector TokenOf(std::size_t alternatives, std::size_t path) {
  ByteVector bytes(56 + 16 * alternatives + path + Tag::kSize);
  bytes[0] = 1;
  bytes[1] = 1;
  bytes[3] = static_cast<std::uint8_t>(alternatives);
  bytes[54 + 16 * alternatives] = static_cast<std::uint8_t>(path >> 8);
  bytes[55 + 16 * alternatives] = static_cast<std::uint8_t>(path);
  return bytes;
}

TEST(SealedChallenge, NoAlternativesOrFiveAreMalformedHoweverWellTheyFit) {
  EXPECT_EQ(ShapeOf(TokenOf(1, 40)), TokenShape::kWellFormed);
  EXPECT_EQ(ShapeOf(TokenOf(4, 40)), TokenShape::kWellFormed);
  EXPECT_EQ(ShapeOf(TokenOf(0, 40)), TokenShape::kMalformed);
  EXPECT_EQ(ShapeOf(TokenOf(5, 40)), TokenShape::kMalformed);
}

TEST(SealedChallenge, AnEmptyOrTooLongReturnPathIsMalformedHoweverWellItFits) {
  EXPECT_EQ(ShapeOf(TokenOf(2, 1)), TokenShape::kWellFormed);
  EXPECT_EQ(ShapeOf(TokenOf(2, 768)), TokenShape::kWellFormed);
  EXPECT_EQ(ShapeOf(TokenOf(2, 0)), TokenShape::kMalformed);
  EXPECT_EQ(ShapeOf(TokenOf(2, 769)), TokenShape::kMalformed);
}

TEST(SealedChallenge, AShortTextWithFourAlternativesIsMalformed) {
  ByteVector bytes(54 + 16 + 2 + 1 + 16);
  bytes[0] = 1;
  bytes[1] = 1;
  bytes[3] = 4;
  EXPECT_EQ(ShapeOf(bytes), TokenShape::kMalformed);
}

TEST(SealedChallenge, AnotherSpellingIsMalformed) {
  std::string text(kChallengeText);
  text.back() = text.back() == 'I' ? 'J' : 'I';
  EXPECT_EQ(ShapeOf(text), TokenShape::kMalformed);
}

TEST(SealedChallenge, NoFlippedBitIsBelieved) {
  const ByteVector token = BytesOfToken();
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    ByteVector bytes = token;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    SealedChallenge sealed;
    Challenge opened;
    std::array<std::uint8_t, 16> secret{};
    EXPECT_FALSE(sealed.Parse(EncodeBase64Url(bytes)) == TokenShape::kWellFormed &&
                 sealed.Open(Key(), opened, &secret))
        << bit;
    EXPECT_EQ(opened.alternative_count, 0) << bit;
    EXPECT_EQ(secret, (std::array<std::uint8_t, 16>{})) << bit;
  }
}

TEST(SealedChallenge, IsNotBelievedUnderAnotherPurpose) {
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(kChallengeText), TokenShape::kWellFormed);
  Challenge opened;
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kClearance), opened));
  EXPECT_FALSE(sealed.Open(MainKey(KeyPurpose::kContext), opened));
}

TEST(SealedChallenge, IsNotBelievedAfterAMalformedText) {
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(kChallengeText), TokenShape::kWellFormed);
  ASSERT_EQ(sealed.Parse("x"), TokenShape::kMalformed);
  Challenge opened;
  EXPECT_FALSE(sealed.Open(Key(), opened));
  EXPECT_FALSE(SealedChallenge().Open(Key(), opened));
}

TEST(SealedChallenge, ATimePastEveryClockIsFarInTheFuture) {
  ByteVector bytes = BytesOfToken();
  for (std::size_t i = 20; i < 28; ++i) bytes[i] = 0xFF;
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(EncodeBase64Url(bytes)), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_issued_at().value, std::numeric_limits<std::int64_t>::max());
}

TEST(SealedChallenge, OrderSecretIsTheHalfOfTheMacThatNobodySees) {
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(kChallengeText), TokenShape::kWellFormed);
  Challenge opened;
  std::array<std::uint8_t, 16> secret;
  ASSERT_TRUE(sealed.Open(Key(), opened, &secret));
  ByteVector body = BytesOfToken();
  body.resize(body.size() - Tag::kSize);
  EXPECT_EQ(Hex(Key().ComputeDigest(body)).substr(32), Hex(secret));
}

TEST(SealedChallenge, SealsParsesAndOpensWithoutAllocating) {
  const Challenge challenge = MakeChallenge();
  ChallengeText text;
  SealedChallenge sealed;
  Challenge opened;
  const HmacKey& key = Key();
  const std::size_t before = AllocationCount();
  const bool is_open = SealChallenge(challenge, key, text) &&
                       sealed.Parse(text.view()) == TokenShape::kWellFormed &&
                       sealed.Open(key, opened);
  const std::size_t after = AllocationCount();
  EXPECT_TRUE(is_open);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace stile
