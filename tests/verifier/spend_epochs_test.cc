#include "verifier/spend_epochs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "verifier/spend_blocks.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Step = SpendEpochs::Step;
using OpenReply = SpendEpochs::OpenReply;
using SpendReply = SpendEpochs::SpendReply;
using Admission = SpendEpochs::Admission;

constexpr UnixMillis kNow{1'800'000'000'000};
constexpr std::uint32_t kEpoch = 1'800'000'000;

SpendEpochs::Options Options() {
  SpendEpochs::Options options;
  options.node = 3;
  options.boot = 77;
  return options;
}

// Until it has an epoch and a block.
void Serve(SpendEpochs& epochs) {
  epochs.OnConnect();
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
  EXPECT_TRUE(epochs.OnAdopted(kEpoch));
  EXPECT_EQ(epochs.Next(kNow).step, Step::kOpen);
  epochs.OnOpen(OpenReply::kOpened, kNow);
}

bool Issues(SpendEpochs& epochs, UnixMillis now) {
  SpendGrant grant;
  return epochs.blocks().Issue(now, 300, grant);
}

TEST(SpendEpochs, IssuesNothingBeforeTheStoreHasABlock) {
  SpendEpochs epochs(Options());
  EXPECT_EQ(epochs.Next(kNow).step, Step::kNone);
  EXPECT_FALSE(Issues(epochs, kNow));
  epochs.OnConnect();
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
  EXPECT_TRUE(epochs.OnAdopted(kEpoch));
  EXPECT_FALSE(Issues(epochs, kNow));
  const SpendEpochs::Order order = epochs.Next(kNow);
  EXPECT_EQ(order.step, Step::kOpen);
  EXPECT_EQ(order.epoch, kEpoch);
  EXPECT_EQ(order.keep, seconds(60 + 300 + 30));
  EXPECT_FALSE(Issues(epochs, kNow));
  epochs.OnOpen(OpenReply::kOpened, kNow);
  SpendGrant grant;
  ASSERT_TRUE(epochs.blocks().Issue(kNow, 300, grant));
  EXPECT_EQ(grant.id, (SpendId{3, 77, kEpoch, 0}));
}

TEST(SpendEpochs, SendsOneOrderAtATime) {
  SpendEpochs epochs(Options());
  epochs.OnConnect();
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
  EXPECT_EQ(epochs.Next(kNow).step, Step::kNone);
}

TEST(SpendEpochs, NeverGoesBackToAnEarlierEpoch) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  epochs.OnDisconnect();
  epochs.OnConnect();
  EXPECT_EQ(epochs.Next(kNow).epoch, kEpoch);
  EXPECT_FALSE(epochs.OnAdopted(kEpoch - 1));
  EXPECT_FALSE(epochs.OnAdopted(0));
}

TEST(SpendEpochs, StopsIssuingWhenTheStoreIsAnother) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  EXPECT_TRUE(Issues(epochs, kNow));
  epochs.OnStoreEpoch(0);
  EXPECT_FALSE(Issues(epochs, kNow));
  EXPECT_EQ(epochs.Admit({3, 77, kEpoch, 0}), Admission::kAway);
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
  EXPECT_TRUE(epochs.OnAdopted(kEpoch + 5));
  EXPECT_EQ(epochs.epoch_changes(), 1U);
  EXPECT_FALSE(Issues(epochs, kNow));
  // The tokens of before are over.
  EXPECT_EQ(epochs.Admit({3, 77, kEpoch, 0}), Admission::kRefuse);
  EXPECT_EQ(epochs.Admit({3, 77, kEpoch + 5, 0}), Admission::kAsk);
}

TEST(SpendEpochs, LearnsOfAnotherNodesChangeFromAReply) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  epochs.OnStoreEpoch(kEpoch);
  EXPECT_TRUE(Issues(epochs, kNow));
  epochs.OnStoreEpoch(kEpoch + 1);
  EXPECT_FALSE(Issues(epochs, kNow));
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
}

TEST(SpendEpochs, RecheckAsksAgainAndGoesOnIssuing) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  epochs.Recheck();
  EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
  EXPECT_TRUE(Issues(epochs, kNow));
  EXPECT_TRUE(epochs.OnAdopted(kEpoch));
  EXPECT_TRUE(Issues(epochs, kNow));
  EXPECT_EQ(epochs.epoch_changes(), 0U);
}

TEST(SpendEpochs, AsksAboutAnEpochThatAnotherNodeHasSeenFirst) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  EXPECT_EQ(epochs.Admit({9, 1, kEpoch + 1, 5}), Admission::kAsk);
}

TEST(SpendEpochs, RefusesPlacesThatNoBlockHas) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  EXPECT_EQ(epochs.Admit({3, 77, kEpoch, SpendBlocks::kMaxPositions}), Admission::kRefuse);
  EXPECT_EQ(epochs.Admit({3, 77, kEpoch, ~std::uint64_t{0}}), Admission::kRefuse);
  EXPECT_EQ(epochs.Admit({3, 77, 0, 0}), Admission::kRefuse);
}

TEST(SpendEpochs, NeverAsksForABlockTwice) {
  SpendEpochs epochs(Options());
  std::set<std::uint32_t> asked;
  for (int i = 0; i < 20; ++i) {
    epochs.OnConnect();
    EXPECT_EQ(epochs.Next(kNow).step, Step::kAdopt);
    EXPECT_TRUE(epochs.OnAdopted(kEpoch));
    const SpendEpochs::Order order = epochs.Next(kNow);
    ASSERT_EQ(order.step, Step::kOpen);
    EXPECT_TRUE(asked.insert(order.block).second);
    // Whether it was made is known in every third case alone.
    if (i % 3 == 0) epochs.OnOpen(OpenReply::kOpened, kNow);
    if (i % 3 == 1) epochs.OnOpen(OpenReply::kTaken, kNow);
    epochs.OnDisconnect();
    EXPECT_FALSE(Issues(epochs, kNow));
  }
}

TEST(SpendEpochs, UnknownOutcomeOfABlockIsNotUsedAndPausesBeforeTheNext) {
  SpendEpochs epochs(Options());
  epochs.OnConnect();
  (void)epochs.Next(kNow);
  EXPECT_TRUE(epochs.OnAdopted(kEpoch));
  (void)epochs.Next(kNow);
  epochs.OnOpen(OpenReply::kNone, kNow);
  EXPECT_FALSE(Issues(epochs, kNow));
  EXPECT_EQ(epochs.Next(kNow).step, Step::kNone);
  EXPECT_EQ(epochs.Next(kNow + seconds(1)).step, Step::kOpen);
}

TEST(SpendEpochs, NextBlockIsThereBeforeTheFirstIsOld) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  EXPECT_EQ(epochs.Next(kNow + seconds(29)).step, Step::kNone);
  EXPECT_EQ(epochs.Next(kNow + seconds(30)).step, Step::kOpen);
  epochs.OnOpen(OpenReply::kOpened, kNow + seconds(30));
  EXPECT_TRUE(Issues(epochs, kNow + seconds(59)));
  SpendGrant grant;
  ASSERT_TRUE(epochs.blocks().Issue(kNow + seconds(60), 300, grant));
  EXPECT_EQ(grant.id.sequence >> SpendBlocks::kPositionBits, 1U);
}

TEST(SpendEpochs, NodeThatNobodyAskedForAnHourIssuesAtOnce) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  UnixMillis now = kNow;
  for (; now < kNow + std::chrono::hours(1); now = now + milliseconds(200)) {
    if (epochs.Next(now).step == Step::kOpen) epochs.OnOpen(OpenReply::kOpened, now);
  }
  EXPECT_TRUE(Issues(epochs, now));
}

TEST(SpendEpochs, NoNumberIsTakenFromABlockThatIsTooOld) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  EXPECT_TRUE(Issues(epochs, kNow + milliseconds(59'999)));
  EXPECT_FALSE(Issues(epochs, kNow + seconds(60)));
}

TEST(SpendEpochs, ClockSetBackGivesTheBlockUp) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  const UnixMillis earlier = kNow - std::chrono::hours(1);
  EXPECT_EQ(epochs.Next(earlier).step, Step::kOpen);
  EXPECT_FALSE(Issues(epochs, earlier));
  epochs.OnOpen(OpenReply::kOpened, earlier);
  EXPECT_TRUE(Issues(epochs, earlier));
  EXPECT_FALSE(Issues(epochs, earlier + seconds(60)));
}

TEST(SpendEpochs, BlocksGrowWithUseAndShrinkWithout) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  SpendGrant grant;
  for (int i = 0; i < 4032 * 4 + 1; ++i) ASSERT_TRUE(epochs.blocks().Issue(kNow, 300, grant));
  SpendEpochs::Order order = epochs.Next(kNow + seconds(1));
  EXPECT_EQ(order.step, Step::kOpen);
  EXPECT_EQ(order.bytes, 8192U - 64);
  epochs.OnOpen(OpenReply::kOpened, kNow + seconds(1));
  for (int i = 0; i < 4032 * 4; ++i) ASSERT_TRUE(epochs.blocks().Issue(kNow, 300, grant));
  order = epochs.Next(kNow + seconds(40));
  EXPECT_EQ(order.bytes, 4096U - 64);
}

TEST(SpendEpochs, OnlyAFreshLetterIsFresh) {
  for (int byte = 0; byte < 256; ++byte) {
    const SpendAnswer answer =
        SpendEpochs::Meaning(SpendEpochs::SpendReplyOf(static_cast<char>(byte)));
    EXPECT_EQ(answer.result == SpendResult::kFresh, byte == 'f' || byte == 'r') << byte;
    EXPECT_EQ(answer.result == SpendResult::kSpent, byte == 's') << byte;
  }
}

TEST(SpendEpochs, UnconfirmedIsUnknownAndSpentStaysSpent) {
  EXPECT_EQ(SpendEpochs::Meaning(SpendReply::kFresh, false).result, SpendResult::kUnknown);
  EXPECT_TRUE(SpendEpochs::Meaning(SpendReply::kFresh, false).passing);
  EXPECT_EQ(SpendEpochs::Meaning(SpendReply::kRepeated, false).result, SpendResult::kUnknown);
  EXPECT_EQ(SpendEpochs::Meaning(SpendReply::kSpent, false).result, SpendResult::kSpent);
}

TEST(SpendEpochs, ForgottenBlockIsUnknownForGoodAndALossInPassing) {
  EXPECT_FALSE(SpendEpochs::Meaning(SpendReply::kNoBlock).passing);
  EXPECT_FALSE(SpendEpochs::Meaning(SpendReply::kOtherEpoch).passing);
  EXPECT_TRUE(SpendEpochs::Meaning(SpendReply::kNone).passing);
  EXPECT_TRUE(SpendEpochs::Meaning(SpendReply::kStale).passing);
}

TEST(SpendEpochs, BlockInUseEndsWhereItDidAfterOthersHaveFailed) {
  for (int failures = 0; failures < 17; ++failures) {
    SpendEpochs epochs(Options());
    Serve(epochs);
    constexpr std::uint32_t kPositions = 4032 * 8;
    SpendGrant grant;
    for (std::uint32_t i = 0; i < kPositions / 2 + 1; ++i) {
      ASSERT_TRUE(epochs.blocks().Issue(kNow, 300, grant));
    }
    UnixMillis now = kNow;
    for (int i = 0; i < failures; ++i, now = now + milliseconds(500)) {
      ASSERT_EQ(epochs.Next(now).step, Step::kOpen);
      epochs.OnOpen(OpenReply::kNone, now);
    }
    const SpendEpochs::Order order = epochs.Next(now);
    epochs.OnOpen(OpenReply::kOpened, now);
    EXPECT_EQ(epochs.blocks().Left(now), kPositions - (kPositions / 2 + 1)) << failures;
    EXPECT_EQ(epochs.blocks().Left(kNow + seconds(60)), 0U) << failures;
    for (std::uint32_t i = epochs.blocks().Left(now); i > 0; --i) {
      ASSERT_TRUE(epochs.blocks().Issue(now, 300, grant));
    }
    EXPECT_EQ(grant.id.sequence, kPositions - 1) << failures;
    ASSERT_TRUE(epochs.blocks().Issue(now, 300, grant));
    EXPECT_EQ(SpendEpochs::PlaceOf(grant.id.sequence).block, order.block) << failures;
  }
}

TEST(SpendBlocks, RefusesTokensThatOutliveTheirBlock) {
  SpendEpochs epochs(Options());
  Serve(epochs);
  SpendGrant grant;
  EXPECT_FALSE(epochs.blocks().Issue(kNow, 301, grant));
  EXPECT_TRUE(epochs.blocks().Issue(kNow + milliseconds(1), 300, grant));
  EXPECT_EQ(grant.expires_at, static_cast<std::uint32_t>(kNow.Seconds()) + 1 + 300);
}

TEST(SpendBlocks, FourThreadsGetNoNumberTwiceWhileBlocksComeAndGo) {
  SpendBlocks blocks(1, 2, 300);
  static constexpr std::uint32_t kPositions = 500;
  std::atomic<bool> done{false};
  std::vector<std::vector<std::uint64_t>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&blocks, &mine, &done] {
      SpendGrant grant;
      while (!done.load()) {
        if (!blocks.Issue(kNow, 300, grant)) continue;
        EXPECT_EQ(grant.id.epoch, (grant.id.sequence >> SpendBlocks::kPositionBits) + 10);
        EXPECT_LT(grant.id.sequence & 0xFFFFF, kPositions);
        mine.push_back(grant.id.sequence);
      }
    });
  }
  for (std::uint32_t number = 0; number < 100;) {
    if (!blocks.WantsBlock()) {
      std::this_thread::yield();
      continue;
    }
    blocks.Open({number, number + 10, kPositions, kNow + seconds(60)});
    if (number % 3 == 0) blocks.Advance(kNow);
    if (++number % 17 == 0) blocks.Close();
  }
  done.store(true);
  for (std::thread& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  std::size_t count = 0;
  for (const auto& mine : taken) {
    count += mine.size();
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), count);
}

}  // namespace
}  // namespace stile
