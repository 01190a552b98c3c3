#include "verifier/local_spends.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace stile {
namespace {

using std::chrono::seconds;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'800'000'000);
constexpr std::uint32_t kLife = 300;
constexpr IdempotencyId kFirst{0x1111'2222'3333'4444, 5};
constexpr IdempotencyId kSecond{0x6666'7777'8888'9999, 6};

std::shared_ptr<LocalSpends> Make(LocalSpends::Options options = {5'000, 64, 7}) {
  auto spends = LocalSpends::Create(options);
  EXPECT_TRUE(spends.has_value());
  return *spends;
}

SpendQuestion Ask(const SpendGrant& grant, const IdempotencyId& attempt = {}) {
  return SpendQuestion{grant.id, grant.expires_at, attempt};
}

SpendGrant Sell(LocalSpends& spends) {
  SpendGrant grant;
  EXPECT_TRUE(spends.Issue(kNow, kLife, grant));
  return grant;
}

// "fresh", "again", "spent", "unknown" or "busy".
std::string Say(const SpendAnswer& answer) {
  if (answer.result == SpendResult::kFresh) return answer.repeated ? "again" : "fresh";
  if (answer.result == SpendResult::kSpent) return "spent";
  return answer.passing ? "busy" : "unknown";
}

TEST(LocalSpends, OptionsOutsideTheirLimitsAreRefused) {
  EXPECT_EQ(LocalSpends::Create({0, 64, 0}).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(LocalSpends::Create({5'000, 0, 0}).error().code, ErrorCode::kOutOfRange);
  EXPECT_EQ(LocalSpends::Create({~std::size_t{0}, 64, 0}).error().place, "tokens");
  EXPECT_EQ(LocalSpends::Create({5'000, ~std::size_t{0}, 0}).error().place, "attempts");
}

TEST(LocalSpends, ATokenPassesOnce) {
  const auto spends = Make();
  const SpendGrant grant = Sell(*spends);
  EXPECT_EQ(grant.id.node, 7);
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "fresh");
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "spent");
}

TEST(LocalSpends, ATokenOfAnotherBootIsUnknown) {
  const auto spends = Make();
  const auto other = Make();
  EXPECT_NE(spends->boot(), other->boot());
  EXPECT_NE(spends->boot(), 0U);
  (void)Sell(*other);
  EXPECT_EQ(Say(other->Spend(Ask(Sell(*spends)), kNow)), "unknown");
}

TEST(LocalSpends, ATokenOfAnotherEpochIsUnknown) {
  const auto spends = Make();
  SpendGrant grant = Sell(*spends);
  ++grant.id.epoch;
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "unknown");
}

TEST(LocalSpends, AProcessOfAnotherNumberThatSharesTheMemoryPassesATokenOnce) {
  const auto spends = Make();
  SpendGrant grant = Sell(*spends);
  ++grant.id.node;
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "fresh");
  --grant.id.node;
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "spent");
}

TEST(LocalSpends, TheSameAttemptGetsTheSameVerdictAgain) {
  const auto spends = Make();
  const SpendGrant grant = Sell(*spends);
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow)), "fresh");
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow)), "again");
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow + seconds{kLife - 1})), "again");
}

TEST(LocalSpends, NoOtherAttemptGetsIt) {
  const auto spends = Make();
  const SpendGrant grant = Sell(*spends);
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow)), "fresh");
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kSecond), kNow)), "spent");
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "spent");
  // Every bit counts.
  for (int bit = 0; bit < 64; ++bit) {
    IdempotencyId high = kFirst;
    high.high ^= std::uint64_t{1} << bit;
    EXPECT_EQ(Say(spends->Spend(Ask(grant, high), kNow)), "spent") << bit;
    IdempotencyId low = kFirst;
    low.low ^= std::uint64_t{1} << bit;
    EXPECT_EQ(Say(spends->Spend(Ask(grant, low), kNow)), "spent") << bit;
  }
}

TEST(LocalSpends, AnAttemptThatCameTooLateStaysSo) {
  const auto spends = Make();
  const SpendGrant grant = Sell(*spends);
  EXPECT_EQ(Say(spends->Spend(Ask(grant), kNow)), "fresh");
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow)), "spent");
  EXPECT_EQ(Say(spends->Spend(Ask(grant, kFirst), kNow)), "spent");
}

TEST(LocalSpends, NothingIsUsedUpThatCouldNotBeAnsweredForAgain) {
  const auto spends = Make();
  // All in one bucket of 8.
  std::vector<SpendGrant> grants;
  for (std::uint64_t i = 0; i < 9; ++i) {
    grants.push_back(Sell(*spends));
    const IdempotencyId attempt{i << 2, 1};
    EXPECT_EQ(Say(spends->Spend(Ask(grants.back(), attempt), kNow)), i < 8 ? "fresh" : "busy");
  }
  EXPECT_EQ(Say(spends->Spend(Ask(grants.back()), kNow)), "fresh");
  // Once they have expired there is room again.
  SpendGrant later;
  const UnixMillis then = kNow + seconds{kLife};
  ASSERT_TRUE(spends->Issue(then, kLife, later));
  EXPECT_EQ(Say(spends->Spend(Ask(later, {9 << 2, 1}), then)), "fresh");
}

TEST(LocalSpends, AClaimWhoseProcessWasKilledIsNeverAPass) {
  // An attempt that was claimed, spent and never confirmed.
  alignas(64) std::array<std::byte, 64 * 64> memory{};
  ASSERT_LE(IdempotencyTable::BytesFor(64), memory.size());
  std::vector<std::uint64_t> words(SpendRing::BytesFor(1) / 8 + 8);
  void* start = words.data();
  std::size_t space = words.size() * 8;
  ASSERT_NE(std::align(64, SpendRing::BytesFor(1), start, space), nullptr);
  SpendRing ring({static_cast<std::byte*>(start), SpendRing::BytesFor(1)});
  IdempotencyTable attempts(std::span<std::byte>(memory).first(IdempotencyTable::BytesFor(64)));
  LocalSpends spends(ring, attempts, 1, 2, nullptr);
  const SpendGrant grant = Sell(spends);
  EXPECT_EQ(attempts.Find(kFirst, grant.expires_at, kNow).state, IdempotencyTable::State::kClaimed);
  EXPECT_EQ(Say(spends.Spend(Ask(grant, kFirst), kNow)), "busy");
  EXPECT_EQ(Say(spends.Spend(Ask(grant, kSecond), kNow)), "fresh");
  EXPECT_EQ(Say(spends.Spend(Ask(grant, kFirst), kNow)), "busy");
}

// Two attempts, each from many threads at once: all that hear yes belong to one of them.
TEST(LocalSpends, OneOfTwoAttemptsPassesHoweverManySendThem) {
  const auto spends = Make({5'000, 1 << 15, 7});
  constexpr int kThreads = 8;
  constexpr int kRounds = 4'000;
  std::vector<SpendGrant> grants;
  for (int i = 0; i < kRounds; ++i) grants.push_back(Sell(*spends));
  struct Heard {
    std::array<std::atomic<int>, 2> fresh{}, again{}, spent{}, busy{};
  };
  std::vector<Heard> heard(kRounds);
  std::vector<std::thread> threads;
  std::atomic<bool> go{false};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      while (!go.load()) std::this_thread::yield();
      const std::size_t which = static_cast<std::size_t>(t) % 2;
      for (std::size_t i = 0; i < kRounds; ++i) {
        const IdempotencyId attempt{(i * 2 + which + 1) * 0x9E37'79B9'7F4A'7C15, i};
        const std::string said = Say(spends->Spend(Ask(grants[i], attempt), kNow));
        if (said == "fresh") ++heard[i].fresh[which];
        if (said == "again") ++heard[i].again[which];
        if (said == "spent") ++heard[i].spent[which];
        if (said == "busy") ++heard[i].busy[which];
      }
    });
  }
  go.store(true);
  for (std::thread& thread : threads) thread.join();
  for (const Heard& one : heard) {
    ASSERT_LE(one.fresh[0] + one.fresh[1], 1);
    const int yes_0 = one.fresh[0] + one.again[0];
    const int yes_1 = one.fresh[1] + one.again[1];
    ASSERT_TRUE(yes_0 == 0 || yes_1 == 0);
    ASSERT_EQ(yes_0 + yes_1 + one.spent[0] + one.spent[1] + one.busy[0] + one.busy[1], kThreads);
    // An attempt that passed is never told that somebody else has.
    ASSERT_FALSE(yes_0 > 0 && one.spent[0] > 0);
    ASSERT_FALSE(yes_1 > 0 && one.spent[1] > 0);
  }
}

}  // namespace
}  // namespace stile
