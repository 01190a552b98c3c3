#include "challenge/sha256.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/challenge/hex.h"

namespace stile {
namespace {

// FIPS 180-4's examples, as NIST publishes them.
TEST(Sha256, GivesThePublishedDigests) {
  EXPECT_EQ(Hex(Sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256(Bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256(Bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256(Bytes(std::string(1'000'000, 'a')))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, AgreesWithOpenSslForEveryLength) {
  std::mt19937_64 random(20260303);
  for (std::size_t length = 0; length < 300; ++length) {
    std::vector<std::uint8_t> message(length);
    for (std::uint8_t& byte : message) byte = static_cast<std::uint8_t>(random());
    Sha256Digest expected;
    SHA256(message.data(), message.size(), expected.data());
    EXPECT_EQ(Sha256(message), expected) << length;
  }
}

TEST(Sha256, FinishGoesOnFromAState) {
  const std::string message(150, 'x');
  Sha256State state = kSha256Initial;
  Sha256Compress(state, Bytes(message).data(), 1);
  Sha256Digest expected;
  SHA256(Bytes(message).data(), message.size(), expected.data());
  EXPECT_EQ(Sha256Finish(state, Bytes(message).subspan(64), message.size()), expected);
}

// Where the CPU has no SHA extensions, both sides are the portable version.
TEST(Sha256, BothKernelsGiveTheSameStates) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t count = i % 5;
    const std::size_t offset = i % 17;  // Blocks need no alignment.
    std::vector<std::uint8_t> bytes(offset + 64 * count);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    Sha256State one;
    for (std::uint32_t& word : one) word = static_cast<std::uint32_t>(random());
    Sha256State two = one;
    Sha256Compress(one, bytes.data() + offset, count);
    Sha256CompressPortable(two, bytes.data() + offset, count);
    ASSERT_EQ(one, two) << "round " << i;
  }
}

TEST(Sha256, BothNestedKernelsGiveTheDigestOfTwoSteps) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::uint8_t> bytes(64 + i % 17);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    const std::uint8_t* const block = bytes.data() + i % 17;  // Needs no alignment.
    Sha256State inner;
    for (std::uint32_t& word : inner) word = static_cast<std::uint32_t>(random());
    Sha256State outer;
    for (std::uint32_t& word : outer) word = static_cast<std::uint32_t>(random());

    Sha256State state = inner;
    Sha256CompressPortable(state, block, 1);
    Sha256Digest message;
    for (std::size_t b = 0; b < message.size(); ++b) {
      message[b] = static_cast<std::uint8_t>(state[b / 4] >> (24 - 8 * (b % 4)));
    }
    const Sha256Digest expected = Sha256Finish(outer, message, 64 + message.size());
    ASSERT_EQ(Sha256Nested(inner, outer, block), expected) << "round " << i;
    ASSERT_EQ(Sha256NestedPortable(inner, outer, block), expected) << "round " << i;
  }
}

TEST(Sha256, TheFastKernelRunsWhereTheCpuHasIt) {
  bool has = false;
#if defined(__x86_64__)  // An emulator of another CPU shows what its host has.
  std::ifstream file("/proc/cpuinfo");
  const std::string info((std::istreambuf_iterator<char>(file)), {});
  has = info.find(" sha_ni") != std::string::npos;
#endif
  EXPECT_EQ(std::string(Sha256Kernel()), has ? "sha-ni" : "portable");
}

}  // namespace
}  // namespace stile
