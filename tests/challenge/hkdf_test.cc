#include "challenge/hkdf.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

// RFC 5869 appendix A.1: the first 32 of its 42 bytes.
TEST(Hkdf, GivesCaseOneOfRfc5869) {
  const std::vector<std::uint8_t> input(22, 0x0B);
  const Sha256Digest prk = HkdfExtract(Unhex("000102030405060708090a0b0c"), input);
  EXPECT_EQ(Hex(prk), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(Hex(HkdfExpand(HmacKey(prk), Unhex("f0f1f2f3f4f5f6f7f8f9"))),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

// RFC 5869 appendix A.2: salt, input and info of 80 bytes each.
TEST(Hkdf, GivesCaseTwoOfRfc5869) {
  std::vector<std::uint8_t> input, salt, info;
  for (int i = 0; i < 80; ++i) {
    input.push_back(static_cast<std::uint8_t>(i));
    salt.push_back(static_cast<std::uint8_t>(0x60 + i));
    info.push_back(static_cast<std::uint8_t>(0xB0 + i));
  }
  const Sha256Digest prk = HkdfExtract(salt, input);
  EXPECT_EQ(Hex(prk), "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244");
  EXPECT_EQ(Hex(HkdfExpand(HmacKey(prk), info)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
}

// RFC 5869 appendix A.3: no salt, no info.
TEST(Hkdf, GivesCaseThreeOfRfc5869) {
  const Sha256Digest prk = HkdfExtract({}, std::vector<std::uint8_t>(22, 0x0B));
  EXPECT_EQ(Hex(prk), "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
  EXPECT_EQ(Hex(HkdfExpand(HmacKey(prk), {})),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(Hkdf, ReadsTheLastByteOfTheLongestInfo) {
  const HmacKey prk(Bytes("key"));
  std::vector<std::uint8_t> info(kMaxHkdfInfo, 1);
  const Sha256Digest before = HkdfExpand(prk, info);
  info.back() = 2;
  EXPECT_NE(HkdfExpand(prk, info), before);
}

}  // namespace
}  // namespace stile
