#include "challenge/hmac_key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "challenge/binding.h"
#include "challenge/sha256_lanes.h"
#include "tests/challenge/hex.h"

namespace stile {
namespace {

using ByteVector = std::vector<std::uint8_t>;

std::string MacOf(const ByteVector& key, std::span<const std::uint8_t> message) {
  return Hex(HmacKey(key).ComputeDigest(message));
}

// RFC 4231 section 4.
TEST(HmacKey, GivesTheMacsOfRfc4231) {
  EXPECT_EQ(MacOf(ByteVector(20, 0x0B), Bytes("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(MacOf(Unhex("4a656665"), Bytes("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(MacOf(ByteVector(20, 0xAA), ByteVector(50, 0xDD)),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      MacOf(Unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), ByteVector(50, 0xCD)),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  EXPECT_EQ(
      MacOf(ByteVector(131, 0xAA), Bytes("Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(MacOf(ByteVector(131, 0xAA),
                  Bytes("This is a test using a larger than block-size key and a larger than "
                        "block-size data. The key needs to be hashed before being used by the "
                        "HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// Case 5 of the same, which is cut to 128 bits.
TEST(HmacKey, TagIsTheFirstHalfOfTheMac) {
  const HmacKey key(ByteVector(20, 0x0C));
  EXPECT_EQ(Hex(key.ComputeTag(Bytes("Test With Truncation")).bytes),
            "a3b6167473100ee06e0c796c2955552b");
}

TEST(HmacKey, MacIsTheTagAndTheRest) {
  const HmacKey key(ByteVector(32, 7));
  for (const std::size_t length : {0U, 53U, 55U, 56U, 200U}) {
    const ByteVector message(length, 9);
    const HmacKey::Mac mac = key.Compute(message);
    EXPECT_EQ(Hex(mac.tag.bytes) + Hex(mac.rest), Hex(key.ComputeDigest(message))) << length;
  }
}

TEST(HmacKey, AgreesWithOpenSslForEveryLength) {
  std::mt19937_64 random(20260302);
  const auto draw = [&random](std::size_t length) {
    ByteVector bytes(length);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
  };
  for (std::size_t length = 0; length < 300; ++length) {
    const ByteVector key = draw(length % 140 + 1);
    const ByteVector message = draw(length);
    std::array<std::uint8_t, 32> expected;
    unsigned size = 0;
    ASSERT_NE(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(),
                   message.size(), expected.data(), &size),
              nullptr);
    EXPECT_EQ(MacOf(key, message), Hex(expected)) << length;
  }
}

TEST(HmacKey, EveryBitOfATagIsCompared) {
  const Tag tag = HmacKey(ByteVector(32, 1)).ComputeTag(Bytes("x"));
  EXPECT_TRUE(EqualInConstantTime(tag, tag));
  for (std::size_t bit = 0; bit < 128; ++bit) {
    Tag other = tag;
    other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(EqualInConstantTime(tag, other)) << bit;
  }
}

TEST(HmacKey, APaddedMessageIsAuthenticatedByItsTagAlone) {
  const HmacKey key(ByteVector(32, 1));
  for (std::size_t size = 0; size <= kMaxMacBlockMessage; ++size) {
    const ByteVector message(size, static_cast<std::uint8_t>(size));
    const Tag tag = key.ComputeTag(message);
    std::array<std::uint8_t, kSha256Block> block;
    block.fill(0xA5);  // What was there before makes no difference.
    std::copy(message.begin(), message.end(), block.begin());
    PadMacBlock(block, size);
    EXPECT_TRUE(key.Authenticates(block, tag)) << size;
    EXPECT_FALSE(HmacKey(ByteVector(32, 2)).Authenticates(block, tag)) << size;
    for (std::size_t bit = 0; bit < 128; ++bit) {
      Tag other = tag;
      other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      EXPECT_FALSE(key.Authenticates(block, other)) << size << " " << bit;
    }
  }
}

// Claims that are right, each of another key and message.
class Claims {
 public:
  explicit Claims(std::size_t count) : blocks_(count), tags_(count) {
    keys_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      keys_.emplace_back(ByteVector(32, static_cast<std::uint8_t>(i + 1)));
      blocks_[i].fill(static_cast<std::uint8_t>(0x40 + i));
      PadMacBlock(blocks_[i], 53);
      tags_[i] = keys_[i].ComputeTag(std::span(blocks_[i]).first(53));
    }
  }

  std::array<std::uint8_t, kSha256Block>& block(std::size_t i) { return blocks_[i]; }
  Tag& tag(std::size_t i) { return tags_[i]; }

  // Which of them are authentic, when all are asked about at once.
  std::vector<bool> Authentic() {
    std::vector<HmacKey::Claim> claims;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      claims.push_back({&keys_[i], blocks_[i].data(), &tags_[i], i % 2 != 0});
    }
    HmacKey::AuthenticateEach(claims);
    std::vector<bool> authentic;
    for (const HmacKey::Claim& claim : claims) authentic.push_back(claim.authentic);
    return authentic;
  }

 private:
  std::vector<HmacKey> keys_;
  std::vector<std::array<std::uint8_t, kSha256Block>> blocks_;
  std::vector<Tag> tags_;
};

std::vector<bool> AllBut(std::size_t count, std::size_t wrong) {
  std::vector<bool> authentic(count, true);
  authentic[wrong] = false;
  return authentic;
}

// Few and many go different ways.
TEST(HmacKey, OfManyClaimsTheOneWithAFlippedBitIsNotAuthentic) {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 8U, 9U, 15U, 16U}) {
    Claims claims(count);
    EXPECT_EQ(claims.Authentic(), std::vector<bool>(count, true)) << count;
    for (const std::size_t place : {0U, 1U, 8U, 15U}) {
      if (place >= count) continue;
      const auto flip_and_ask = [&](std::uint8_t* bytes, std::size_t bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        bytes[bit / 8] ^= mask;
        EXPECT_EQ(claims.Authentic(), AllBut(count, place)) << count << " " << place << " " << bit;
        bytes[bit / 8] ^= mask;
      };
      for (std::size_t bit = 0; bit < 8 * Tag::kSize; ++bit) {
        flip_and_ask(claims.tag(place).bytes.data(), bit);
      }
      for (std::size_t bit = 0; bit < 8 * kSha256Block; ++bit) {
        flip_and_ask(claims.block(place).data(), bit);
      }
    }
  }
}

TEST(HmacKey, OfMoreClaimsThanAreTakenAtOnceTheRestIsNotAuthentic) {
  EXPECT_EQ(Claims(kMaxSha256Lanes + 1).Authentic(), AllBut(kMaxSha256Lanes + 1, kMaxSha256Lanes));
}

TEST(HmacKey, WorksOutTheUserAgentClassBesideTheMac) {
  const HmacKey key(ByteVector(32, 1));
  std::array<std::uint8_t, kSha256Block> block{};
  PadMacBlock(block, 53);
  const Tag tag = key.ComputeTag(std::span(block).first(53));
  Tag other = tag;
  other.bytes[15] ^= 1;
  std::string text(600, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 + 40);
  for (std::size_t length = 0; length <= text.size(); ++length) {
    // Each ends where its allocation does, so that a sanitizer sees a read past it.
    const std::vector<char> characters(text.begin(), text.begin() + static_cast<long>(length));
    const std::string_view user_agent(characters.data(), length);
    const HmacKey::Answer right = key.AuthenticateBeside(block, tag, user_agent);
    EXPECT_TRUE(right.authentic) << length;
    EXPECT_EQ(right.user_agent_class, UserAgentClassPortable(user_agent)) << length;
    const HmacKey::Answer wrong = key.AuthenticateBeside(block, other, user_agent);
    EXPECT_FALSE(wrong.authentic) << length;
    EXPECT_EQ(wrong.user_agent_class, UserAgentClassPortable(user_agent)) << length;
  }
}

TEST(HmacKey, TagHasNoOperatorThatWouldCompareItInVaryingTime) {
  const auto has_equality = []<typename T>(const T& tag) {
    return requires { tag == tag; };
  };
  EXPECT_FALSE(has_equality(Tag{}));
}

}  // namespace
}  // namespace stile
