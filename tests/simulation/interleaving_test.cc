#include "tests/simulation/interleaving.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/simulation/stepped_atomic.h"
#include "verifier/tables/spend_ring.h"

namespace stile::simulation {
namespace {

constexpr std::int64_t kNow = 1'772'366'400'000;

using Word = std::stepped_atomic_ref<std::uint64_t>;

// A ring of the smallest size, in memory of zeros.
class SmallRing {
 public:
  SmallRing() : memory_(SpendRing::BytesFor(1) / sizeof(Line)), ring_(Bytes()) {}
  SpendRing& operator*() { return ring_; }
  SpendRing* operator->() { return &ring_; }

 private:
  struct alignas(64) Line {
    std::uint64_t words[8] = {};
  };
  std::span<std::byte> Bytes() { return std::as_writable_bytes(std::span(memory_)); }

  std::vector<Line> memory_;
  SpendRing ring_;
};

TEST(EveryOrderTest, FindsTheOrderInWhichReadAndWriteLoseAnUpdate) {
  Interleaving interleaving;
  EveryOrder orders(2);
  std::vector<std::uint64_t> seen;
  for (bool more = true; more;) {
    alignas(8) std::uint64_t word = 0;
    interleaving.Clear();
    for (int i = 0; i < 2; ++i) {
      interleaving.Add([&word] { Word(word).store(Word(word).load() + 1); });
    }
    more = orders.Run(interleaving);
    seen.push_back(word);
  }
  EXPECT_GE(seen.size(), 4u);
  EXPECT_GT(std::count(seen.begin(), seen.end(), 2u), 0);
  EXPECT_GT(std::count(seen.begin(), seen.end(), 1u), 0);
}

TEST(SpendRingOrdersTest, ThreeProcessesSpendOneNumberOnceInEveryOrder) {
  Interleaving interleaving;
  EveryOrder orders(4);
  std::uint64_t tried = 0;
  for (bool more = true; more; ++tried) {
    SmallRing ring;
    SpendRing::Number number;
    ASSERT_TRUE(ring->Issue({kNow}, 300, number));
    int fresh = 0;
    int spent = 0;
    interleaving.Clear();
    for (int i = 0; i < 3; ++i) {
      interleaving.Add([&ring, &number, &fresh, &spent] {
        const SpendResult result = ring->Spend(number.sequence, number.expires_at, {kNow});
        if (result == SpendResult::kFresh) ++fresh;
        if (result == SpendResult::kSpent) ++spent;
      });
    }
    more = orders.Run(interleaving);
    ASSERT_EQ(fresh, 1);
    ASSERT_EQ(spent, 2);
  }
  RecordProperty("orders", static_cast<int>(tried));
  EXPECT_GT(tried, 100u);
}

TEST(SpendRingOrdersTest, TwoProcessesNeverGetOneNumberInAnyOrder) {
  Interleaving interleaving;
  EveryOrder orders(4);
  for (bool more = true; more;) {
    SmallRing ring;
    SpendRing::Number numbers[3];
    bool given[3] = {};
    interleaving.Clear();
    for (int i = 0; i < 3; ++i) {
      interleaving.Add(
          [&ring, &numbers, &given, i] { given[i] = ring->Issue({kNow}, 300, numbers[i]); });
    }
    more = orders.Run(interleaving);
    ASSERT_TRUE(given[0] && given[1] && given[2]);
    ASSERT_NE(numbers[0].sequence, numbers[1].sequence);
    ASSERT_NE(numbers[0].sequence, numbers[2].sequence);
    ASSERT_NE(numbers[1].sequence, numbers[2].sequence);
  }
}

// One number of the last lap is spent for the first time, late, while its bit is taken over.
TEST(SpendRingOrdersTest, TakenOverBitIsNobodyElsesInAnyOrder) {
  Interleaving interleaving;
  EveryOrder orders(3);
  for (bool more = true; more;) {
    SmallRing ring;
    SpendRing::Number first;
    ASSERT_TRUE(ring->Issue({kNow}, 300, first));
    for (std::size_t i = 1; i < ring->capacity(); ++i) {
      SpendRing::Number other;
      ASSERT_TRUE(ring->Issue({kNow}, 300, other));
    }
    SpendRing::Number again;
    ASSERT_FALSE(ring->Issue({kNow + 299'000}, 300, again));
    bool given = false;
    SpendResult late = SpendResult::kUnknown;
    interleaving.Clear();
    interleaving.Add([&] { given = ring->Issue({kNow + 300'000}, 300, again); });
    interleaving.Add(
        [&] { late = ring->Spend(first.sequence, first.expires_at, {kNow + 299'999}); });
    more = orders.Run(interleaving);
    ASSERT_TRUE(given);
    ASSERT_NE(late, SpendResult::kSpent);
    // What came of the late one has not used up the new one.
    ASSERT_EQ(ring->Spend(again.sequence, again.expires_at, {kNow + 301'000}), SpendResult::kFresh);
    ASSERT_EQ(ring->Spend(first.sequence, first.expires_at, {kNow + 301'000}),
              SpendResult::kUnknown);
  }
}

// A process dies at each of its accesses in turn; the others go on as if it had never been.
TEST(SpendRingOrdersTest, ProcessThatDiesAnywhereLeavesTheRingUsable) {
  Interleaving interleaving;
  for (int steps = 0; steps < 40; ++steps) {
    for (const bool issues : {true, false}) {
      SmallRing ring;
      SpendRing::Number number;
      ASSERT_TRUE(ring->Issue({kNow}, 300, number));
      interleaving.Clear();
      interleaving.Add([&ring, &number, issues] {
        SpendRing::Number lost;
        if (issues) {
          static_cast<void>(ring->Issue({kNow + 1000}, 300, lost));
        } else {
          static_cast<void>(ring->Spend(number.sequence, number.expires_at, {kNow + 1000}));
        }
      });
      for (int i = 0; i < steps; ++i) interleaving.Advance(0);
      const SpendResult first = ring->Spend(number.sequence, number.expires_at, {kNow + 1000});
      const SpendResult second = ring->Spend(number.sequence, number.expires_at, {kNow + 1000});
      // The one that died may have used it up.
      if (issues) {
        ASSERT_EQ(first, SpendResult::kFresh);
      }
      ASSERT_EQ(second, SpendResult::kSpent);
      SpendRing::Number next;
      ASSERT_TRUE(ring->Issue({kNow + 1000}, 300, next));
      ASSERT_GT(next.sequence, number.sequence);
      ASSERT_EQ(ring->Spend(next.sequence, next.expires_at, {kNow + 1000}), SpendResult::kFresh);
    }
  }
}

}  // namespace
}  // namespace stile::simulation
