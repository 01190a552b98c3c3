// What the thread that merges budgets makes of a store that answers oddly, and of having no memory.
#include "service/redis_budgets.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "challenge/concat.h"
#include "service/wall_clock.h"
#include "tests/service/redis/fake_redis.h"
#include "tests/service/redis/scarce_memory.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr seconds kDeadline{30};

// A store whose stream stays empty.
std::string AnswerOf(const FakeRedis::Words& words) {
  if (words[0] == "TIME") {
    const std::string now = std::to_string(WallClock().Seconds());
    return Concat("*2\r\n$", now.size(), "\r\n", now, "\r\n$1\r\n0\r\n");
  }
  if (words[0] == "XADD") return "$3\r\n1-1\r\n";
  if (words[0] == "XREAD") return "*-1\r\n";
  return words[0] == "XREVRANGE" ? "*0\r\n" : ":1\r\n";
}

class Merger {
 public:
  explicit Merger(FakeRedis::Answer answer) : server_([](const auto&) { return std::string(); }) {
    server_.stream = std::move(answer);
    RedisBudgets::Options options;
    options.redis.address = server_.address();
    options.merge = {.boot = 1, .who = 1, .interval = milliseconds(100)};
    merger_ = *RedisBudgets::Create(std::move(options), budgets);
  }
  RedisBudgets* operator->() { return merger_.get(); }
  template <typename Condition>
  void Await(Condition&& is_so) {
    const auto end = steady_clock::now() + kDeadline;
    while (!is_so() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(is_so()) << merger_->Trouble().why;
  }
  void Note(UnixMillis at) {
    const BudgetName name{1, 2};
    const Pace pace = BudgetTable::PaceOf({1, seconds(60), 1});
    budgets->untold_clearances.Note(budgets->KeyOf(name), name, pace, 1, at);
  }

  std::shared_ptr<Budgets> budgets = *Budgets::Create({64, 64, 64, 64, 64});

 private:
  FakeRedis server_;
  std::unique_ptr<RedisBudgets> merger_;
};

TEST(RedisBudgets, WithoutMemoryNothingIsMergedAndItComesBackWithIt) {
  Merger merger(AnswerOf);
  merger.Await([&] { return merger->totals().up.load(); });
  {
    const ScarceMemory scarce("stile-budgets");
    merger.Await([&] { return !merger->totals().up.load(); });
  }
  merger.Await([&] { return merger->totals().up.load(); });
  merger.Note(WallClock());
  merger.Await([&] { return merger->totals().told.load() == 1; });
}

TEST(RedisBudgets, WhatAStoreSaysIsToldUpToAPoint) {
  std::atomic<bool> adds{true};
  Merger merger([&adds](const FakeRedis::Words& words) {
    const bool refuses = words[0] == "XADD" && !adds.load();
    return refuses ? Concat("-OOM ", std::string(100'000, 'x'), "\r\n") : AnswerOf(words);
  });
  merger.Await([&] { return merger->totals().up.load(); });
  EXPECT_TRUE(merger->Trouble().why.empty());
  adds = false;
  const UnixMillis before = WallClock();
  merger.Note(before);
  merger.Await([&] { return merger->Trouble().why.starts_with("OOM xxx"); });
  EXPECT_EQ(merger->Trouble().why.size(), 256U);
  EXPECT_GE(merger->Trouble().since.value, before.value);
  adds = true;
  merger.Await([&] { return merger->totals().up.load(); });

  Merger refused(
      [](const FakeRedis::Words&) { return Concat("-ERR ", std::string(100'000, 'x'), "\r\n"); });
  refused.Await([&] { return refused->Trouble().why.starts_with("ERR xxx"); });
  EXPECT_EQ(refused->Trouble().why.size(), 256U);
}

TEST(RedisBudgets, WhileTheStoreIsAwayWhatIsLateIsForgotten) {
  Merger merger([](const FakeRedis::Words&) { return FakeRedis::kHangUp; });
  merger.Note(WallClock() + -seconds(20));
  merger.Await([&] { return merger->totals().late.load() == 1; });
  EXPECT_EQ(merger->LookAtLedgers().in_use, 0U);
}

}  // namespace
}  // namespace stile
