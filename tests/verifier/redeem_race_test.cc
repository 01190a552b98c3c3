#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/clearance_check.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

using fixture::Issue;
using fixture::Keys;
using fixture::KeysOf;
using fixture::kNow;
using fixture::Master;
using fixture::Solve;
using fixture::SolveBadly;
using fixture::Tables;
using fixture::Visitor;
using fixture::VisitorAt;
using fixture::WaitSolution;
using std::chrono::seconds;

// Runs `body` with 0 to `threads` - 1, all at once.
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

TEST(RedeemRaceTest, OneChallengeEarnsOneClearanceHoweverOftenItIsRedeemed) {
  // Ten seconds before midnight; redeemed before and after it, by the process that issued it and
  // by one that was started since, with an empty memo and a newer master that signs.
  const UnixMillis midnight = kNow + std::chrono::hours{12};
  const UnixMillis issued_at = midnight - seconds{10};
  std::vector<MasterKey> old_masters;
  old_masters.push_back(Master(1, UnixMillis{0}));
  std::vector<MasterKey> new_masters;
  new_masters.push_back(Master(1, UnixMillis{0}));
  new_masters.push_back(Master(2, midnight - seconds{5}));
  const auto old_keys = KeysOf(std::move(old_masters), kNow);
  const auto new_keys = KeysOf(std::move(new_masters), midnight + seconds{1});
  ASSERT_EQ(new_keys->SigningKeyId(midnight + seconds{1}), 2);
  const std::array<Redeemer, 2> redeemers{Redeemer(old_keys, Tables()),
                                          Redeemer(new_keys, Tables())};

  const std::string challenge = Issue(Visitor(), issued_at, *old_keys);
  const std::array<std::string, 2> solutions{Solve(challenge),
                                             Solve(challenge, 0, std::uint64_t{1} << 40)};
  ASSERT_NE(solutions[0], solutions[1]);

  constexpr int kThreads = 64;
  constexpr int kTimes = 1000;
  std::atomic<int> next{0};
  std::atomic<int> valid{0};
  std::mutex mutex;
  std::set<std::string> clearances;
  InParallel(kThreads, [&](int) {
    SealedChallenge scratch;
    for (int i = next++; i < kTimes; i = next++) {
      const UnixMillis now = i / 4 % 2 == 0 ? midnight - seconds{2} : midnight + seconds{30};
      const Redemption redemption = redeemers[static_cast<std::size_t>(i % 2)].Redeem(
          challenge, solutions[static_cast<std::size_t>(i / 2 % 2)], Visitor(), now, scratch);
      if (redemption.verdict == Verdict::kValid) ++valid;
      const std::lock_guard lock(mutex);
      clearances.emplace(redemption.text.begin(), redemption.text.end());
    }
  });
  EXPECT_EQ(valid.load(), kTimes);
  ASSERT_EQ(clearances.size(), 1U);
  for (const auto& keys : {old_keys, new_keys}) {
    EXPECT_EQ(ClearanceCheck(keys, "stile")
                  .Check(*clearances.begin(), Visitor(), midnight + seconds{30})
                  .verdict,
              Verdict::kValid);
  }
}

TEST(RedeemRaceTest, WaitsOfOnePrefixYieldNoMoreThanTheLimit) {
  constexpr int kThreads = 8;
  constexpr int kEach = 1250;
  const Redeemer redeemer(Keys(), Tables());
  std::vector<Client> clients;
  std::vector<std::string> challenges;
  for (int i = 0; i < kThreads * kEach; ++i) {
    clients.push_back(VisitorAt("192.0.2." + std::to_string(i % 256)));
    challenges.push_back(Issue(clients.back()));
  }
  std::atomic<int> valid{0};
  std::atomic<int> limited{0};
  InParallel(kThreads, [&](int t) {
    SealedChallenge scratch;
    for (std::size_t i = 0; i < kEach; ++i) {
      const std::size_t at = static_cast<std::size_t>(t) * kEach + i;
      const Verdict verdict =
          redeemer.Redeem(challenges[at], WaitSolution(), clients[at], kNow + seconds{10}, scratch)
              .verdict;
      if (verdict == Verdict::kValid) ++valid;
      if (verdict == Verdict::kLimited) ++limited;
    }
  });
  EXPECT_EQ(valid.load(), 10);
  EXPECT_EQ(limited.load(), kThreads * kEach - 10);
}

TEST(RedeemRaceTest, WaitsOfManyPrefixesYieldNoMoreThanTheProcessGives) {
  constexpr int kThreads = 8;
  const Redeemer redeemer(Keys(), Tables({.wait_global = {60, std::chrono::minutes{1}, 100}}));
  std::atomic<int> valid{0};
  InParallel(kThreads, [&](int t) {
    SealedChallenge scratch;
    for (int i = 0; i < 250; ++i) {
      const Client client = VisitorAt("10." + std::to_string(t) + "." + std::to_string(i) + ".1");
      const std::string challenge = Issue(client);
      if (redeemer.Redeem(challenge, WaitSolution(), client, kNow + seconds{10}, scratch).verdict ==
          Verdict::kValid) {
        ++valid;
      }
    }
  });
  EXPECT_EQ(valid.load(), 100);
}

TEST(RedeemRaceTest, BadSolutionsEndAChallengeWhicheverThreadSendsThem) {
  constexpr int kThreads = 8;
  const Redeemer redeemer(Keys(), Tables());
  const std::string challenge = Issue();
  std::array<std::string, 4> bad;
  for (std::size_t part = 0; part < 4; ++part) bad[part] = SolveBadly(challenge, part);
  std::atomic<int> unsolved{0};
  std::atomic<int> ended{0};
  InParallel(kThreads, [&](int t) {
    SealedChallenge scratch;
    for (std::size_t i = 0; i < 200; ++i) {
      const Verdict verdict = redeemer
                                  .Redeem(challenge, bad[(static_cast<std::size_t>(t) + i) % 4],
                                          Visitor(), kNow + seconds{10}, scratch)
                                  .verdict;
      if (verdict == Verdict::kUnsolved) ++unsolved;
      if (verdict == Verdict::kTooManyTries) ++ended;
    }
  });
  EXPECT_GE(unsolved.load(), 3);
  EXPECT_LE(unsolved.load(), 2 + kThreads);  // At most one under way on each thread at the third.
  EXPECT_EQ(unsolved.load() + ended.load(), kThreads * 200);
  SealedChallenge scratch;
  EXPECT_EQ(
      redeemer.Redeem(challenge, Solve(challenge), Visitor(), kNow + seconds{10}, scratch).verdict,
      Verdict::kTooManyTries);
}

}  // namespace
}  // namespace stile
