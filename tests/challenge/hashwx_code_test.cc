#include "challenge/puzzle/hashwx_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>

#include "challenge/puzzle/hashwx_emit.h"

namespace stile {
namespace {

#if defined(__x86_64__) || defined(__aarch64__)
constexpr bool kCompiles = true;
#else
constexpr bool kCompiles = false;
#endif

HashwxFunction RandomFunction(std::mt19937_64& random) {
  std::array<std::uint8_t, 32> seed;
  for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(random());
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  return function;
}

// A million pairs of a seed and a nonce, in pieces that take seconds, under emulation too. Half of
// the nonces are small, as those that solvers try are.
class HashwxCodeTest : public testing::TestWithParam<int> {};

TEST_P(HashwxCodeTest, CompiledAndInterpretedHashesAgree) {
  if (!kCompiles) GTEST_SKIP() << "no compiler for this CPU";
  const auto number = static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE("random numbers from " + std::to_string(number));
  std::mt19937_64 random(number);
  HashwxCode native;
  HashwxCode plain(HashwxCode::Instructions::kOfEveryCpu);
  for (int i = 0; i < 500; ++i) {
    const HashwxFunction function = RandomFunction(random);
    HashwxCode& code = i % 8 == 0 ? plain : native;
    ASSERT_TRUE(code.Load(function));
    for (int j = 0; j < 250; ++j) {
      const std::uint64_t nonce = j % 2 == 0 ? random() : random() >> 44;
      ASSERT_EQ(code.Hash(nonce), function.Hash(nonce)) << "function " << i << ", nonce " << nonce;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Numbers, HashwxCodeTest, testing::Range(20261126, 20261134));

TEST(HashwxCode, TheLastFunctionLoadedIsTheOneThatRuns) {
  if (!kCompiles) GTEST_SKIP() << "no compiler for this CPU";
  std::mt19937_64 random(2);
  const HashwxFunction first = RandomFunction(random);
  const HashwxFunction second = RandomFunction(random);
  HashwxCode code;
  for (const HashwxFunction* function : {&first, &second, &first}) {
    ASSERT_TRUE(code.Load(*function));
    EXPECT_EQ(code.Hash(5), function->Hash(5));
  }
}

// Lines of /proc/self/maps whose permissions contain all of `wanted`.
int CountMappings(const std::string& wanted) {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    const std::string permissions = line.substr(line.find(' ') + 1, 4);
    bool all = true;
    for (const char c : wanted) all = all && permissions.find(c) != std::string::npos;
    count += all ? 1 : 0;
  }
  return count;
}

TEST(HashwxCode, NoMemoryIsWritableAndExecutableAtOnce) {
  if (!kCompiles) GTEST_SKIP() << "no compiler for this CPU";
  std::mt19937_64 random(3);
  const int executable = CountMappings("x");
  if (executable == 0) GTEST_SKIP() << "the system doesn't show a process' memory";
  {
    HashwxCode code;
    EXPECT_EQ(CountMappings("x"), executable);
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(code.Load(RandomFunction(random)));
      EXPECT_EQ(CountMappings("x"), executable + 1);
      EXPECT_EQ(CountMappings("wx"), 0);
    }
  }
  EXPECT_EQ(CountMappings("x"), executable);
}

// What an emitter writes past the bytes that it says would lie here.
TEST(HashwxEmit, EveryFunctionFitsItsRoom) {
  std::mt19937_64 random(4);
  constexpr std::uint8_t kUntouched = 0xA5;
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    const HashwxFunction function = RandomFunction(random);
    for (int emitter = 0; emitter < 3; ++emitter) {
      std::array<std::uint8_t, kHashwxCodeBytes> bytes;
      bytes.fill(kUntouched);
      const std::size_t size = emitter == 2 ? EmitHashwxAarch64(function, bytes.data())
                                            : EmitHashwxX86(function, emitter == 1, bytes.data());
      ASSERT_LT(size, bytes.size());
      for (std::size_t at = size; at < bytes.size(); ++at) ASSERT_EQ(bytes[at], kUntouched);
      most = std::max(most, size);
    }
  }
  EXPECT_LT(most, kHashwxCodeBytes / 2) << "instructions vary by a few bytes, not twofold";
}

}  // namespace
}  // namespace stile
