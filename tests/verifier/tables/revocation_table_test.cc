#include "verifier/tables/revocation_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'772'366'400);
constexpr TableKey kKey = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

// A table with memory of its own.
class RevocationTableTest : public testing::Test {
 protected:
  explicit RevocationTableTest(std::size_t places = 1024)
      : places_(places), memory_(RevocationTable::BytesFor(places) / sizeof(Line)) {}

  [[nodiscard]] RevocationTable View(const TableKey& key = kKey) {
    return {std::as_writable_bytes(std::span(memory_)), places_, key};
  }
  static TokenId Id(std::uint64_t number) {
    std::mt19937_64 random(number);
    const std::uint64_t halves[] = {random(), random()};
    TokenId id;
    std::memcpy(id.data(), halves, sizeof halves);
    return id;
  }

  struct alignas(64) Line {
    std::uint64_t words[8] = {};
  };
  std::size_t places_;
  std::vector<Line> memory_;
  RevocationTable table_ = View();
};

TEST_F(RevocationTableTest, NothingIsRevokedInZeroedMemory) {
  EXPECT_FALSE(table_.IsRevoked(Id(1), kNow));
  EXPECT_EQ(table_.Count(kNow), 0U);
}

TEST_F(RevocationTableTest, RevokesThatIdAndNoOther) {
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + hours{1}, kNow));
  EXPECT_TRUE(table_.IsRevoked(Id(1), kNow));
  for (std::uint64_t other = 2; other < 10'000; ++other) {
    EXPECT_FALSE(table_.IsRevoked(Id(other), kNow));
  }
  EXPECT_EQ(table_.Count(kNow), 1U);
}

TEST_F(RevocationTableTest, TellsIdsApartByEachOfTheirBits) {
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + hours{1}, kNow));
  for (std::size_t bit = 0; bit < 128; ++bit) {
    TokenId other = Id(1);
    other[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(table_.IsRevoked(other, kNow)) << "bit " << bit;
  }
}

TEST_F(RevocationTableTest, EndsAtTheMinuteThatWasAskedForOrTheNext) {
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + seconds{90}, kNow));
  EXPECT_TRUE(table_.IsRevoked(Id(1), kNow + seconds{90}));
  EXPECT_TRUE(table_.IsRevoked(Id(1), kNow + seconds{119}));
  EXPECT_FALSE(table_.IsRevoked(Id(1), kNow + seconds{120}));
}

TEST_F(RevocationTableTest, TheLastWordCountsOnWhenItEnds) {
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + hours{2}, kNow));
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + hours{1}, kNow));
  EXPECT_TRUE(table_.IsRevoked(Id(1), kNow + minutes{59}));
  EXPECT_FALSE(table_.IsRevoked(Id(1), kNow + minutes{61}));
  EXPECT_EQ(table_.Count(kNow), 1U);
}

TEST_F(RevocationTableTest, RefusesTimesThatAreOver) {
  EXPECT_FALSE(table_.Revoke(Id(1), kNow, kNow));
  EXPECT_FALSE(table_.Revoke(Id(1), UnixMillis{-1}, kNow));
  EXPECT_FALSE(table_.Revoke(Id(1), UnixMillis{std::numeric_limits<std::int64_t>::max()},
                             UnixMillis{std::numeric_limits<std::int64_t>::max()}));
  EXPECT_EQ(table_.Count(kNow), 0U);
}

TEST_F(RevocationTableTest, TakesItBack) {
  EXPECT_TRUE(table_.Revoke(Id(1), kNow + hours{1}, kNow));
  EXPECT_TRUE(table_.Revoke(Id(2), kNow + hours{1}, kNow));
  EXPECT_TRUE(table_.Reinstate(Id(1), kNow));
  EXPECT_FALSE(table_.IsRevoked(Id(1), kNow));
  EXPECT_TRUE(table_.IsRevoked(Id(2), kNow));
  EXPECT_FALSE(table_.Reinstate(Id(1), kNow));
  EXPECT_FALSE(table_.Reinstate(Id(3), kNow));
}

TEST_F(RevocationTableTest, TakesAnyIdUntilItIsThreeQuartersFull) {
  for (std::uint64_t i = 0; i < 768; ++i) EXPECT_TRUE(table_.Revoke(Id(i), kNow + hours{1}, kNow));
  for (std::uint64_t i = 0; i < 768; ++i) EXPECT_TRUE(table_.IsRevoked(Id(i), kNow));
  EXPECT_EQ(table_.Count(kNow), 768U);
}

TEST_F(RevocationTableTest, RefusesWhatItHasNoRoomForAndForgetsNothing) {
  std::vector<std::uint64_t> taken;
  bool refused = false;
  for (std::uint64_t i = 0; i < 4096; ++i) {
    if (table_.Revoke(Id(i), kNow + hours{1}, kNow)) {
      taken.push_back(i);
    } else {
      refused = true;
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(taken.size(), 1024U);
  for (const std::uint64_t i : taken) EXPECT_TRUE(table_.IsRevoked(Id(i), kNow));
}

TEST_F(RevocationTableTest, WhatHasEndedMakesRoom) {
  for (std::uint64_t i = 0; i < 4096; ++i) (void)table_.Revoke(Id(i), kNow + hours{1}, kNow);
  const UnixMillis later = kNow + hours{2};
  for (std::uint64_t i = 5000; i < 5700; ++i) {
    EXPECT_TRUE(table_.Revoke(Id(i), later + hours{1}, later));
  }
  EXPECT_EQ(table_.Count(later), 700U);
}

TEST_F(RevocationTableTest, WhoeverHasTheSameMemoryAndKeySeesTheSame) {
  EXPECT_TRUE(View().Revoke(Id(1), kNow + hours{1}, kNow));
  EXPECT_TRUE(table_.IsRevoked(Id(1), kNow));
  TableKey other = kKey;
  other[0] ^= 1;
  EXPECT_FALSE(View(other).IsRevoked(Id(1), kNow));
}

TEST_F(RevocationTableTest, KeepsEveryWordThatThreadsSayAtOnce) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kEach = 180;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        EXPECT_TRUE(
            View().Revoke(Id(i * kThreads + static_cast<std::uint64_t>(t)), kNow + hours{1}, kNow));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::uint64_t i = 0; i < kThreads * kEach; ++i) EXPECT_TRUE(table_.IsRevoked(Id(i), kNow));
  EXPECT_EQ(table_.Count(kNow), kThreads * kEach);
}

TEST_F(RevocationTableTest, LosesNothingWhereThreadsWantTheSamePlace) {
  constexpr std::size_t kPlaces = 64;  // Eight buckets: each round many take the same place.
  constexpr int kRounds = 2'000;
  constexpr std::uint64_t kEach = 12;
  std::vector<Line> memory(RevocationTable::BytesFor(kPlaces) / sizeof(Line));
  RevocationTable small(std::as_writable_bytes(std::span(memory)), kPlaces, kKey);
  std::atomic<int> arrived{0};
  std::atomic<int> lost{0};
  const auto meet = [&arrived](int all) {
    ++arrived;
    while (arrived.load() < all) std::this_thread::yield();
  };
  const auto work = [&](std::uint64_t thread) {
    for (int round = 0; round < kRounds; ++round) {
      TokenId ids[kEach];
      for (std::uint64_t i = 0; i < kEach; ++i) {
        ids[i] = Id((static_cast<std::uint64_t>(round) * kEach + i) * 2 + thread);
      }
      bool taken[kEach];
      meet(4 * round + 2);
      for (std::uint64_t i = 0; i < kEach; ++i) {
        taken[i] = small.Revoke(ids[i], kNow + hours{1}, kNow);
      }
      meet(4 * round + 4);
      for (std::uint64_t i = 0; i < kEach; ++i) {
        if (taken[i] && !small.Reinstate(ids[i], kNow)) ++lost;
      }
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  EXPECT_EQ(lost.load(), 0);
  EXPECT_EQ(small.Count(kNow), 0U);
}

TEST_F(RevocationTableTest, OneThatThreadsRevokeAndTakeBackEndsAsTheLastOneSaid) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      RevocationTable table = View();
      for (int i = 0; i < 2'000; ++i) {
        EXPECT_TRUE(table.Revoke(Id(7), kNow + hours{t + 1}, kNow));
        table.Reinstate(Id(7), kNow);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  table_.Reinstate(Id(7), kNow);
  EXPECT_FALSE(table_.IsRevoked(Id(7), kNow));
  EXPECT_EQ(table_.Count(kNow), 0U);
}

}  // namespace
}  // namespace stile
