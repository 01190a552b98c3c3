#include "challenge/puzzle/hashwx_wasm.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

// That modules compute what they should is tested where there is an engine: tests/browser.

namespace stile {
namespace {

constexpr std::uint8_t kGuard = 0xC5;
constexpr std::size_t kGuardSize = 64;
constexpr std::uint32_t kHighestState = kHashwxStateLimit - sizeof(HashwxWasmState);

HashwxFunction RandomFunction(std::mt19937_64& random) {
  std::array<std::uint8_t, 32> seed;
  for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(random());
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  return function;
}

// A module between two guards.
struct Written {
  std::vector<std::uint8_t> bytes =
      std::vector<std::uint8_t>(kGuardSize + kHashwxModuleSize + kGuardSize, kGuard);

  Written(const HashwxFunction& function, std::uint32_t state) {
    WriteHashwxModule(function, state, bytes.data() + kGuardSize);
  }
  [[nodiscard]] std::span<const std::uint8_t> module() const {
    return std::span(bytes).subspan(kGuardSize, kHashwxModuleSize);
  }
  [[nodiscard]] bool guards_stand() const {
    for (std::size_t i = 0; i < kGuardSize; ++i) {
      if (bytes[i] != kGuard || bytes[bytes.size() - 1 - i] != kGuard) return false;
    }
    return true;
  }
};

// Takes a number in LEB128 off the front.
std::optional<std::uint32_t> TakeNumber(std::span<const std::uint8_t>& from) {
  std::uint32_t number = 0;
  for (int shift = 0; shift < 32 && !from.empty(); shift += 7) {
    const std::uint8_t byte = from.front();
    from = from.subspan(1);
    number |= static_cast<std::uint32_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return number;
  }
  return std::nullopt;
}

std::mt19937_64 Random() {
  const std::uint64_t seed = std::random_device{}();
  ::testing::Test::RecordProperty("seed", std::to_string(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

TEST(HashwxWasm, ModuleFillsItsSizeAndNoMore) {
  std::mt19937_64 random = Random();
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t state = static_cast<std::uint32_t>(random() % (kHighestState / 8 + 1) * 8);
    const Written written(RandomFunction(random), state);
    ASSERT_TRUE(written.guards_stand());
    // The last byte is the end of the last function.
    ASSERT_EQ(written.module().back(), 0x0B);
  }
}

TEST(HashwxWasm, SectionsAndFunctionsAreAsLongAsTheySay) {
  std::mt19937_64 random = Random();
  for (const std::uint32_t state : {std::uint32_t{0}, std::uint32_t{8}, kHighestState}) {
    const Written written(RandomFunction(random), state);
    std::span<const std::uint8_t> left = written.module();
    const std::array<std::uint8_t, 8> head = {0, 'a', 's', 'm', 1, 0, 0, 0};
    ASSERT_EQ(std::memcmp(left.data(), head.data(), head.size()), 0);
    left = left.subspan(head.size());
    std::vector<std::uint8_t> sections;
    std::span<const std::uint8_t> code;
    while (!left.empty()) {
      sections.push_back(left.front());
      left = left.subspan(1);
      const auto size = TakeNumber(left);
      ASSERT_TRUE(size.has_value() && *size <= left.size());
      code = left.first(*size);
      left = left.subspan(*size);
    }
    EXPECT_EQ(sections, (std::vector<std::uint8_t>{1, 2, 3, 7, 10}));
    const auto functions = TakeNumber(code);
    ASSERT_EQ(functions, 3U);
    for (std::uint32_t i = 0; i < *functions; ++i) {
      const auto size = TakeNumber(code);
      ASSERT_TRUE(size.has_value() && *size <= code.size());
      ASSERT_EQ(code[*size - 1], 0x0B);
      code = code.subspan(*size);
    }
    EXPECT_TRUE(code.empty());
  }
}

TEST(HashwxWasm, SameFunctionHasTheSameModule) {
  std::mt19937_64 random = Random();
  const HashwxFunction function = RandomFunction(random);
  EXPECT_EQ(Written(function, 1024).bytes, Written(function, 1024).bytes);
  EXPECT_NE(Written(function, 1024).bytes, Written(function, 1032).bytes);
  EXPECT_NE(Written(function, 1024).bytes, Written(RandomFunction(random), 1024).bytes);
}

}  // namespace
}  // namespace stile
