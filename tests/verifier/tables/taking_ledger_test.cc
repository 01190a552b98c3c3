#include "verifier/tables/taking_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UnixMillis kNow{1'790'000'000'000};
constexpr TableHash kHash{0x0123456789ABCDEF, 0xFEDCBA9876543210};
constexpr Pace kPace{64'000, 64'000 * 160};  // One a second, 160 at once: a sixteenth is 10.
constexpr std::size_t kEverything = 1'000'000;

// A ledger with memory of its own.
class OwnLedger {
 public:
  explicit OwnLedger(std::size_t entries)
      : size_(TakingLedger::BytesFor(entries)),
        memory_(static_cast<std::byte*>(::operator new (size_, std::align_val_t{64}))) {
    std::memset(memory_, 0, size_);
    ledger_ = TakingLedger({memory_, size_});
  }
  ~OwnLedger() { ::operator delete (memory_, std::align_val_t{64}); }
  OwnLedger(const OwnLedger&) = delete;
  OwnLedger& operator=(const OwnLedger&) = delete;

  TakingLedger* operator->() { return &ledger_; }
  [[nodiscard]] std::uint64_t& word(std::size_t i) {
    return reinterpret_cast<std::uint64_t*>(memory_)[i];
  }
  [[nodiscard]] std::size_t words() const { return size_ / 8; }

  void Note(const BudgetName& name, std::uint32_t cost, UnixMillis now = kNow,
            const Pace& pace = kPace) {
    ledger_.Note(kHash.Of(name.high, name.low), name, pace, cost, now);
  }
  TakingLedger::Collected Collect(UnixMillis now, std::size_t room = kEverything) {
    out.clear();
    return ledger_.Collect(kHash, TakingLedger::Terms(), now, room, out);
  }
  std::vector<UntoldTaking> out;

 private:
  std::size_t size_;
  std::byte* memory_;
  TakingLedger ledger_;
};

TEST(TakingLedgerTest, WeightyTakingsAreDueAtOnce) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 4);
  ledger.Note({1, 2}, 6);
  ledger.Note({3, 4}, 9);
  EXPECT_EQ(ledger.Collect(kNow).cost_due, 10u);
  ASSERT_EQ(ledger.out.size(), 1u);
  EXPECT_EQ(ledger.out[0], (UntoldTaking{{1, 2}, kPace, 10}));
}

TEST(TakingLedgerTest, LightTakingsAreDueOnceTheyHaveSettled) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 1);
  ledger.Note({1, 2}, 1, kNow + seconds{3});
  EXPECT_EQ(ledger.Collect(kNow + milliseconds{3'750}).cost_due, 0u);
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}).cost_due, 2u);
}

TEST(TakingLedgerTest, WhatIsCollectedIsCollectedOnce) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100);
  EXPECT_EQ(ledger->EntriesInUse(), 1u);
  EXPECT_EQ(ledger.Collect(kNow).cost_due, 100u);
  EXPECT_EQ(ledger->EntriesInUse(), 0u);
  EXPECT_EQ(ledger.Collect(kNow + seconds{5}).cost_due, 0u);
}

TEST(TakingLedgerTest, LateTakingsAreForgottenAndCounted) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100);
  const TakingLedger::Collected collected = ledger.Collect(kNow + milliseconds{10'500});
  EXPECT_EQ(collected.cost_due, 0u);
  EXPECT_EQ(collected.cost_late, 100u);
  EXPECT_EQ(ledger->EntriesInUse(), 0u);
}

TEST(TakingLedgerTest, TakingsOfAClockThatWentBackAreForgotten) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100);
  EXPECT_EQ(ledger.Collect(kNow - seconds{1}).cost_late, 100u);
}

// Whoever collects has looked at the clock before.
TEST(TakingLedgerTest, TakingsOfAnInstantAgoAreNew) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100, kNow + milliseconds{750});
  const TakingLedger::Collected collected = ledger.Collect(kNow);
  EXPECT_EQ(collected.cost_late, 0u);
  EXPECT_EQ(collected.cost_due, 100u);
}

TEST(TakingLedgerTest, CountOfEntriesInUseIsRightAlsoWhereOnlySomeAreCounted) {
  OwnLedger ledger(TakingLedger::kMaxLinesCounted * 7 * 3);
  EXPECT_EQ(ledger->EntriesInUse(), 0u);
  const std::uint64_t lines = ledger->entries() / 7;
  for (std::uint64_t line = 0; line < lines; ++line) ledger.word(line * 8 + line % 7) = 1;
  EXPECT_NEAR(static_cast<double>(ledger->EntriesInUse()), static_cast<double>(lines), 2.0);
}

TEST(TakingLedgerTest, CostAboveTheBurstCountsAsOne) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100, kNow, {64'000, 64'000 * 5});
  EXPECT_EQ(ledger.Collect(kNow).cost_due, 5u);
}

TEST(TakingLedgerTest, WhatCostsNothingOrLimitsNothingIsNotNoted) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 0);
  ledger.Note({1, 2}, 1, kNow, Pace());
  EXPECT_EQ(ledger->EntriesInUse(), 0u);
  TakingLedger none;
  none.Note(1, {1, 2}, kPace, 1, kNow);
  EXPECT_FALSE(none.keeps());
  EXPECT_EQ(TakingLedger::BytesFor(0), 0u);
}

TEST(TakingLedgerTest, FullLineForgetsAndCounts) {
  OwnLedger ledger(7);
  for (std::uint64_t who = 0; who < 500; ++who) ledger.Note({who, 0}, 1);
  const std::size_t in_use = ledger->EntriesInUse();
  EXPECT_EQ(in_use, ledger->entries());
  const TakingLedger::Collected collected = ledger.Collect(kNow + seconds{4});
  EXPECT_EQ(collected.cost_due, in_use);
  EXPECT_EQ(collected.unnoted, 500 - in_use);
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}).unnoted, 0u);
}

TEST(TakingLedgerTest, RoomIsForThoseThatCostMostFirst) {
  OwnLedger ledger(1'000);
  for (std::uint64_t who = 0; who < 50; ++who) ledger.Note({who, 0}, who < 45 ? 1 : 50);
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}, 5).cost_due, 250u);
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}, 0).cost_due, 0u);
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}, 100).cost_due, 45u);
}

TEST(TakingLedgerTest, CostStopsAtItsMostAndTheRestIsCounted) {
  OwnLedger ledger(64);
  const Pace wide{1, BudgetTable::kMaxSpan};
  for (int i = 0; i < 12; ++i) ledger.Note({1, 2}, 100'000, kNow, wide);
  const TakingLedger::Collected collected = ledger.Collect(kNow + seconds{4});
  EXPECT_EQ(collected.cost_due, 1'000'000u);
  EXPECT_EQ(collected.unnoted, 2u);
}

// As whoever died after the first of its stores leaves it.
TEST(TakingLedgerTest, EntryOfOneWhoDiedMayBeClaimedAnewAfterTenSeconds) {
  OwnLedger ledger(7);
  for (std::uint64_t who = 0; who < 500; ++who) ledger.Note({who, 0}, 1);
  const std::size_t lines = ledger->entries() / 7;
  constexpr std::uint64_t kOneState = std::uint64_t{1} << 36;
  for (std::size_t i = 0; i < lines * 8; ++i) {
    if (i % 8 != 7) ledger.word(i) -= kOneState;  // Open is 2, claimed is 1.
  }
  EXPECT_EQ(ledger.Collect(kNow + seconds{4}).cost_due, 0u);
  ledger.Note({1'000, 0}, 1, kNow + seconds{10});
  EXPECT_EQ(ledger.Collect(kNow + seconds{14}).cost_due, 0u);
  ledger.Note({1'000, 0}, 1, kNow + seconds{11});
  EXPECT_EQ(ledger.Collect(kNow + seconds{15}).cost_due, 1u);
  EXPECT_EQ(ledger.out[0].name, (BudgetName{1'000, 0}));
}

TEST(TakingLedgerTest, EntryWhoseNameIsNotItsOwnIsForgotten) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100);
  const std::size_t names = ledger->entries() / 7 * 8;
  for (std::size_t i = names; i < ledger.words(); ++i) {
    if (ledger.word(i) == 2) ledger.word(i) = 3;
  }
  const TakingLedger::Collected collected = ledger.Collect(kNow);
  EXPECT_EQ(collected.cost_due, 0u);
  EXPECT_EQ(collected.cost_torn, 100u);
}

TEST(TakingLedgerTest, EntryWhosePaceIsNoneIsForgotten) {
  OwnLedger ledger(64);
  ledger.Note({1, 2}, 100);
  for (std::size_t i = ledger->entries() / 7 * 8; i < ledger.words(); ++i) {
    if (ledger.word(i) == kPace.span) ledger.word(i) = kPace.span + 1;
  }
  EXPECT_EQ(ledger.Collect(kNow).cost_torn, 100u);
}

TEST(TakingLedgerTest, NothingIsLostOrCountedTwiceBetweenThreads) {
  constexpr int kThreads = 3;
  constexpr std::uint64_t kNames = 40;
  constexpr int kRounds = 20'000;
  OwnLedger ledger(4'000);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        ledger.Note({static_cast<std::uint64_t>(i + t) % kNames, 7}, 1);
      }
      running.fetch_sub(1);
    });
  }
  std::map<std::uint64_t, std::uint64_t> told;
  std::uint64_t unnoted = 0;
  const auto collect = [&] {
    unnoted += ledger.Collect(kNow + seconds{4}).unnoted;
    for (const UntoldTaking& taking : ledger.out) told[taking.name.high] += taking.cost;
  };
  while (running.load() != 0) collect();
  for (std::thread& thread : threads) thread.join();
  collect();
  std::uint64_t sum = 0;
  for (const auto& [name, cost] : told) {
    EXPECT_LE(cost, kThreads * kRounds / kNames);
    sum += cost;
  }
  EXPECT_EQ(sum + unnoted, static_cast<std::uint64_t>(kThreads * kRounds));
  EXPECT_EQ(unnoted, 0u);
}

}  // namespace
}  // namespace stile
