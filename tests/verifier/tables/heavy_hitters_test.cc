#include "verifier/tables/heavy_hitters.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::minutes;

constexpr UnixMillis kNow{1'790'000'000'000};

struct alignas(64) Memory {
  std::array<std::byte, 16 * 256> bytes{};
};

std::uint64_t KeyOf(std::uint64_t who) { return who * 0x9E3779B97F4A7C15; }
HitterId IdOf(std::uint64_t who) { return {who, ~who, 7}; }

TEST(HeavyHittersTest, NamesWhoTakesMostTheHeaviestFirst) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  hitters.Add(KeyOf(1), IdOf(1), 5, kNow);
  hitters.Add(KeyOf(2), IdOf(2), 9, kNow);
  hitters.Add(KeyOf(1), IdOf(1), 1, kNow);
  hitters.Add(KeyOf(3), IdOf(3), 1, kNow);
  std::array<HeavyHitter, 2> top;
  ASSERT_EQ(hitters.Top(top, kNow), 2u);
  EXPECT_EQ(top[0].id, IdOf(2));
  EXPECT_EQ(top[0].weight, 9u);
  EXPECT_EQ(top[1].id, IdOf(1));
  EXPECT_EQ(top[1].weight, 6u);
}

TEST(HeavyHittersTest, HoldsNobodyAtFirst) {
  Memory memory;
  std::array<HeavyHitter, 4> top;
  EXPECT_EQ(HeavyHitters(memory.bytes).Top(top, kNow), 0u);
  EXPECT_EQ(HeavyHitters().Top(top, kNow), 0u);
}

TEST(HeavyHittersTest, ForgetsByHalvesEveryFiveMinutes) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  hitters.Add(KeyOf(1), IdOf(1), 64, kNow);
  std::array<HeavyHitter, 1> top;
  ASSERT_EQ(hitters.Top(top, kNow + minutes{15}), 1u);
  EXPECT_EQ(top[0].weight, 8u);
  EXPECT_EQ(hitters.Top(top, kNow + minutes{60}), 0u);
}

TEST(HeavyHittersTest, KeepsTheHeavyAmongAFloodOfTheLight) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    if (i % 4 == 0) {
      hitters.Add(KeyOf(1), IdOf(1), 1, kNow);
    } else {
      const std::uint64_t who = random();
      hitters.Add(KeyOf(who), IdOf(who), 1, kNow);
    }
  }
  std::array<HeavyHitter, 3> top;
  ASSERT_GE(hitters.Top(top, kNow), 1u);
  EXPECT_EQ(top[0].id, IdOf(1));
}

TEST(HeavyHittersTest, WeightStopsAtItsGreatest) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  hitters.Add(KeyOf(1), IdOf(1), kMost - 1, kNow);
  hitters.Add(KeyOf(1), IdOf(1), 5, kNow);
  std::array<HeavyHitter, 1> top;
  ASSERT_EQ(hitters.Top(top, kNow), 1u);
  EXPECT_EQ(top[0].weight, kMost);
}

TEST(HeavyHittersTest, EntryThatWasLeftHalfWrittenIsNobodys) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  hitters.Add(KeyOf(1), IdOf(1), 5, kNow);
  for (std::size_t word = 0; word < memory.bytes.size() / 8; ++word) {
    if (word % 4 == 0) memory.bytes[word * 8] ^= std::byte{1};  // The first word of each id.
  }
  std::array<HeavyHitter, 1> top;
  EXPECT_EQ(hitters.Top(top, kNow), 0u);
}

TEST(HeavyHittersTest, ThreadsLoseNobodyHeavy) {
  Memory memory;
  HeavyHitters hitters(memory.bytes);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&hitters] {
      for (std::uint64_t i = 0; i < 10'000; ++i) {
        hitters.Add(KeyOf(i % 3), IdOf(i % 3), 1, kNow);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::array<HeavyHitter, 8> top;
  EXPECT_EQ(hitters.Top(top, kNow), 3u);
}

}  // namespace
}  // namespace stile
