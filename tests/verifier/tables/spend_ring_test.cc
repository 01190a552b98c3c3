#include "verifier/tables/spend_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::seconds;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'800'000'000);
constexpr std::uint32_t kLife = 300;
constexpr std::size_t kBlock = 56 * 64;

// A ring in memory of its own.
class OwnRing {
 public:
  explicit OwnRing(std::size_t capacity)
      : size_(SpendRing::BytesFor(capacity)), memory_(size_ / sizeof(Line)) {}

  // Another view of the same memory.
  [[nodiscard]] SpendRing View() {
    return SpendRing({reinterpret_cast<std::byte*>(memory_.data()), size_});
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64] = {};
  };
  std::size_t size_;
  std::vector<Line> memory_;
};

// Issues what must be had.
SpendRing::Number Issue(SpendRing& ring, UnixMillis now) {
  SpendRing::Number number;
  EXPECT_TRUE(ring.Issue(now, kLife, number));
  return number;
}

void InParallel(int threads, const std::function<void(int)>& body) {
  std::atomic<bool> go{false};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      while (!go.load(std::memory_order_acquire)) std::this_thread::yield();
      body(t);
    });
  }
  go.store(true, std::memory_order_release);
  for (std::thread& thread : running) thread.join();
}

TEST(SpendRing, ThirtyMillionTokensFitInFourAndAHalfMegabytes) {
  EXPECT_LE(SpendRing::BytesFor(30'000'000), 4'500'000U);
  EXPECT_EQ(SpendRing::BytesFor(30'000'000) % 64, 0U);
}

TEST(SpendRing, RemembersAtLeastWhatWasAskedFor) {
  for (const std::size_t capacity : {1UL, 55UL, 3'583UL, 3'584UL, 3'585UL, 1'000'000UL}) {
    OwnRing own(capacity);
    SpendRing ring = own.View();
    ASSERT_GE(ring.capacity(), capacity + kBlock) << capacity;
    ASSERT_LE(ring.capacity(), capacity + 2 * kBlock) << capacity;
    if (capacity > 4'000) continue;
    SpendRing::Number number;
    std::size_t issued = 0;
    while (ring.Issue(kNow, kLife, number)) ++issued;
    EXPECT_GE(issued, capacity);
    EXPECT_LE(issued, ring.capacity());
  }
}

TEST(SpendRing, WithoutMemoryEverythingIsRefused) {
  SpendRing ring;
  SpendRing::Number number;
  EXPECT_FALSE(ring.Issue(kNow, kLife, number));
  EXPECT_EQ(ring.Spend(0, kNow.Seconds() + 1, kNow), SpendResult::kUnknown);
}

TEST(SpendRing, ANumberPassesOnce) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  SpendRing other = own.View();
  const SpendRing::Number number = Issue(ring, kNow);
  EXPECT_EQ(number.expires_at, kNow.Seconds() + kLife);
  EXPECT_EQ(other.Spend(number.sequence, number.expires_at, kNow), SpendResult::kFresh);
  EXPECT_EQ(other.Spend(number.sequence, number.expires_at, kNow), SpendResult::kSpent);
  EXPECT_EQ(ring.Spend(number.sequence, number.expires_at, kNow), SpendResult::kSpent);
}

TEST(SpendRing, ANumberThatWasNotGivenIsUnknown) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  const std::uint32_t expires_at = Issue(ring, kNow).expires_at;
  EXPECT_EQ(ring.Spend(1, expires_at, kNow), SpendResult::kUnknown);
  EXPECT_EQ(ring.Spend(~std::uint64_t{0}, expires_at, kNow), SpendResult::kUnknown);
  EXPECT_EQ(ring.Spend(ring.capacity(), expires_at, kNow), SpendResult::kUnknown);
}

TEST(SpendRing, AnExpiredNumberIsUnknown) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  const SpendRing::Number number = Issue(ring, kNow);
  EXPECT_EQ(ring.Spend(number.sequence, number.expires_at, kNow + seconds{kLife}),
            SpendResult::kUnknown);
}

TEST(SpendRing, OneThatWouldLiveTooLongIsUnknown) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  const SpendRing::Number number = Issue(ring, kNow);
  EXPECT_EQ(ring.Spend(number.sequence, number.expires_at + SpendNumbers::kMaxTokenSeconds, kNow),
            SpendResult::kUnknown);
}

TEST(SpendRing, AFullRingGivesNothingUntilItsOldestHaveExpired) {
  OwnRing own(5'000);
  SpendRing ring = own.View();
  std::vector<SpendRing::Number> numbers;
  SpendRing::Number number;
  while (ring.Issue(kNow, kLife, number)) numbers.push_back(number);
  ASSERT_GE(numbers.size(), 5'000U);
  const UnixMillis last = kNow + seconds{kLife - 1};
  EXPECT_FALSE(ring.Issue(last, kLife, number));
  // Nothing was forgotten for that.
  for (const SpendRing::Number& one : numbers) {
    ASSERT_EQ(ring.Spend(one.sequence, one.expires_at, last), SpendResult::kFresh);
  }
  const UnixMillis later = kNow + seconds{kLife};
  ASSERT_TRUE(ring.Issue(later, kLife, number));
  EXPECT_EQ(ring.Spend(number.sequence, number.expires_at, later), SpendResult::kFresh);
}

// More laps than a word can count.
TEST(SpendRing, NumbersPassOnceInEveryLap) {
  OwnRing own(1);
  SpendRing ring = own.View();
  UnixMillis now = kNow;
  std::uint64_t expected = 0;
  for (int round = 0; round < 600; ++round) {
    std::vector<SpendRing::Number> numbers;
    SpendRing::Number number;
    while (ring.Issue(now, kLife, number)) {
      ASSERT_EQ(number.sequence, expected++);
      numbers.push_back(number);
    }
    ASSERT_GE(numbers.size(), kBlock);
    for (std::size_t i = 0; i < numbers.size(); i += 7) {
      const SpendRing::Number& one = numbers[i];
      ASSERT_EQ(ring.Spend(one.sequence, one.expires_at, now), SpendResult::kFresh);
      ASSERT_EQ(ring.Spend(one.sequence, one.expires_at, now), SpendResult::kSpent);
      // The one before in the same place, whose expiry somebody has got wrong.
      if (one.sequence >= ring.capacity()) {
        ASSERT_EQ(ring.Spend(one.sequence - ring.capacity(), one.expires_at, now),
                  SpendResult::kUnknown);
      }
    }
    now = now + seconds{kLife};
  }
  EXPECT_GT(expected / ring.capacity(), 256U);
}

TEST(SpendRing, AClockThatStepsBackALittleStandsStill) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  const SpendRing::Number number = Issue(ring, kNow);
  const UnixMillis after = kNow + seconds{kLife + 30};
  const SpendRing::Number later = Issue(ring, after);
  // What has expired stays so, and what is given now is good.
  const UnixMillis back = after - seconds{60};
  EXPECT_EQ(ring.Spend(number.sequence, number.expires_at, back), SpendResult::kUnknown);
  EXPECT_EQ(ring.Spend(later.sequence, later.expires_at, back), SpendResult::kFresh);
  const SpendRing::Number meanwhile = Issue(ring, back);
  EXPECT_EQ(meanwhile.expires_at, after.Seconds() + kLife);
  EXPECT_EQ(ring.Spend(meanwhile.sequence, meanwhile.expires_at, back), SpendResult::kFresh);
}

TEST(SpendRing, AClockThatIsSetBackVoidsWhatWasGivenBefore) {
  OwnRing own(10'000);
  SpendRing ring = own.View();
  const SpendRing::Number spent = Issue(ring, kNow);
  const SpendRing::Number unspent = Issue(ring, kNow);
  EXPECT_EQ(ring.Spend(spent.sequence, spent.expires_at, kNow), SpendResult::kFresh);
  const UnixMillis back = kNow - seconds{61};
  EXPECT_EQ(ring.Spend(spent.sequence, spent.expires_at, back), SpendResult::kUnknown);
  EXPECT_EQ(ring.Spend(unspent.sequence, unspent.expires_at, back), SpendResult::kUnknown);
  const SpendRing::Number fresh = Issue(ring, back);
  EXPECT_EQ(ring.Spend(fresh.sequence, fresh.expires_at, back), SpendResult::kFresh);
  EXPECT_EQ(ring.Spend(unspent.sequence, unspent.expires_at, kNow), SpendResult::kUnknown);
}

TEST(SpendRing, AClockThatWasYearsAheadForAMomentBlocksNothing) {
  OwnRing own(5'000);
  SpendRing ring = own.View();
  SpendRing::Number number;
  // Into the middle of a block.
  for (std::size_t i = 0; i < kBlock + kBlock / 2; ++i) {
    ASSERT_TRUE(ring.Issue(kNow + std::chrono::hours{24 * 3'650}, kLife, number));
  }
  // Three laps afterwards: at the worst an hour is lost, once.
  UnixMillis now = kNow;
  const std::uint64_t goal = 3 * ring.capacity();
  std::uint64_t given = 0;
  for (int step = 0; step < 2'000 && given < goal; ++step) {
    while (ring.Issue(now, kLife, number)) {
      ASSERT_EQ(number.expires_at, now.Seconds() + kLife);
      ++given;
    }
    now = now + seconds{10};
  }
  EXPECT_GE(given, goal);
  EXPECT_LE((now - kNow).count() / 1000, 3'600 + 4 * kLife);
}

// A model that forgets nothing, and random operations. What the model knows to be spent never
// passes; what it knows to be good passes.
TEST(SpendRing, AgreesWithAnOracle) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  OwnRing own(1);
  SpendRing ring = own.View();
  struct Token {
    std::uint32_t expires_at;
    bool spent = false;
    bool is_void = false;
  };
  std::map<std::uint64_t, Token> tokens;
  UnixMillis now = kNow;
  std::int64_t latest = kNow.Seconds();
  std::uint64_t passes = 0;
  for (int i = 0; i < 150'000; ++i) {
    const std::uint64_t what = random() % 1'000;
    if (what < 450) {
      SpendRing::Number number;
      const std::int64_t counted =
          now.Seconds() + 60 < latest ? now.Seconds() : std::max(now.Seconds(), latest);
      const bool is_reset = counted < latest;
      const bool given = ring.Issue(now, kLife, number);
      if (is_reset) {
        for (auto& [sequence, token] : tokens) token.is_void = true;
      }
      latest = counted;
      if (!given) {
        now = now + seconds{20};
        continue;
      }
      ASSERT_EQ(number.expires_at, counted + kLife);
      ASSERT_TRUE(tokens.emplace(number.sequence, Token{number.expires_at}).second);
    } else if (what < 980 && !tokens.empty()) {
      const std::uint64_t newest = tokens.rbegin()->first;
      const std::uint64_t back = random() % (2 * ring.capacity());
      const std::uint64_t sequence = newest > back ? newest - back : newest;
      Token& token = tokens[sequence];
      const std::int64_t counted =
          now.Seconds() + 60 < latest ? now.Seconds() : std::max(now.Seconds(), latest);
      if (counted < latest) {
        for (auto& [other, each] : tokens) each.is_void = true;
      }
      latest = counted;
      const SpendResult result = ring.Spend(sequence, token.expires_at, now);
      const bool is_good = !token.is_void && token.expires_at > counted;
      const SpendResult expected = !is_good      ? SpendResult::kUnknown
                                   : token.spent ? SpendResult::kSpent
                                                 : SpendResult::kFresh;
      ASSERT_EQ(result, expected) << sequence << " of " << newest;
      if (result == SpendResult::kFresh) {
        token.spent = true;
        ++passes;
      }
    } else if (what < 999) {
      now = now + seconds{random() % 3};
    } else {
      now = now - seconds{random() % 200};
    }
  }
  EXPECT_GT(passes, 3'000U);
  EXPECT_GT(tokens.rbegin()->first, 2 * ring.capacity());
}

TEST(SpendRing, OfTwoHundredAndFiftySixSubmittersOnePasses) {
  constexpr int kSubmitters = 256;
  constexpr std::uint64_t kRounds = 10'000;
  OwnRing own(kRounds);
  SpendRing ring = own.View();
  std::uint32_t expires_at = 0;
  for (std::uint64_t i = 0; i < kRounds; ++i) expires_at = Issue(ring, kNow).expires_at;
  std::vector<std::atomic<int>> passes(kRounds);
  InParallel(kSubmitters, [&](int) {
    SpendRing view = own.View();
    for (std::uint64_t i = 0; i < kRounds; ++i) {
      const SpendResult result = view.Spend(i, expires_at, kNow);
      if (result == SpendResult::kFresh) passes[i].fetch_add(1);
      if (result == SpendResult::kUnknown) passes[i].fetch_add(1'000);
    }
  });
  for (std::uint64_t i = 0; i < kRounds; ++i) ASSERT_EQ(passes[i].load(), 1) << i;
}

// Sellers and spenders at once, over many laps: no number is given twice, and none passes twice.
TEST(SpendRing, SellersAndSpendersAtOnceKeepEveryNumberUnique) {
  constexpr std::uint64_t kGoal = 200'000;
  OwnRing own(1);
  std::atomic<std::int64_t> clock{kNow.value};
  struct Seen {
    std::atomic<std::uint32_t> expires_at{0};
    std::atomic<int> given{0};
    std::atomic<int> passed{0};
  };
  std::vector<Seen> seen(kGoal + 16);
  std::atomic<std::uint64_t> newest{0};
  std::atomic<std::uint64_t> tries{0};
  InParallel(6, [&](int thread) {
    SpendRing ring = own.View();
    std::mt19937_64 random(static_cast<std::uint64_t>(thread));
    while (newest.load() < kGoal) {
      const UnixMillis now{clock.load()};
      if (thread % 2 == 0) {
        // No seller runs away from the spenders. What counts is that they try: a clock that is
        // taken back voids what was given, and then nothing could pass any more.
        if (newest.load() > 9'000 + tries.load()) {
          std::this_thread::yield();
          continue;
        }
        SpendRing::Number number;
        if (!ring.Issue(now, kLife, number)) {
          clock.fetch_add(7'000);
        } else if (number.sequence < seen.size()) {
          seen[number.sequence].given.fetch_add(1);
          seen[number.sequence].expires_at.store(number.expires_at);
          newest.store(number.sequence);
        } else {
          newest.store(kGoal);
        }
      } else {
        const std::uint64_t top = newest.load();
        const std::uint64_t sequence = top - std::min<std::uint64_t>(top, random() % 9'000);
        if (sequence >= seen.size()) continue;
        const std::uint32_t expires_at = seen[sequence].expires_at.load();
        if (expires_at == 0) continue;
        tries.fetch_add(1);
        if (ring.Spend(sequence, expires_at, now) == SpendResult::kFresh) {
          seen[sequence].passed.fetch_add(1);
        }
      }
    }
  });
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    ASSERT_LE(seen[i].given.load(), 1) << i;
    ASSERT_LE(seen[i].passed.load(), seen[i].given.load()) << i;
    passed += static_cast<std::uint64_t>(seen[i].passed.load());
  }
  EXPECT_GT(passed, 0U);
}

// No ring looks like this. Whatever it answers, it answers.
TEST(SpendRing, ForeignBytesEndInAnAnswer) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const std::size_t size = SpendRing::BytesFor(1);
  std::vector<std::uint64_t> words(size / 8 + 8);
  void* start = words.data();
  std::size_t space = words.size() * 8;
  ASSERT_NE(std::align(64, size, start, space), nullptr);
  for (int round = 0; round < 300; ++round) {
    for (std::uint64_t& word : words) word = random() >> random() % 64;
    SpendRing ring({static_cast<std::byte*>(start), size});
    SpendRing::Number number;
    for (int i = 0; i < 100; ++i) {
      (void)ring.Issue(kNow, kLife, number);
      (void)ring.Spend(random() >> random() % 64, kNow.Seconds() + 100, kNow);
    }
  }
}

}  // namespace
}  // namespace stile
