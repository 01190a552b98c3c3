#include "service/redeem_desk.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "tests/service/hashwx_checks.h"

namespace stile {
namespace {

using fixture::HashwxCheck;
using State = PuzzleCheck::State;

constexpr std::chrono::seconds kLimit{60};  // Of whatever is awaited.

// Hears what came of what it placed.
class Ear final : public CheckReceiver {
 public:
  void OnChecked(std::uint64_t ticket, State outcome) noexcept override {
    const std::lock_guard lock(mutex_);
    ++count_;
    heard_[ticket] = outcome;
    changed_.notify_all();
  }
  bool Await(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLimit, [&] { return count_ >= count; });
  }
  State Of(std::uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    return heard_[ticket];
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, State> heard_;
  std::size_t count_ = 0;
};

class RedeemDeskTest : public testing::Test {
 protected:
  // Of a challenge of its own, from a prefix of its own.
  DeskRefusal PlaceOther(std::uint64_t number) {
    return desk_.Place(HashwxCheck(number), 1'000 + number, ear_, number);
  }
  bool AwaitForgotten(std::uint64_t count) {
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (desk_.totals()->forgotten.load() < count) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Ear ear_;
  RedeemDesk desk_;
};

TEST_F(RedeemDeskTest, TellsWhatIsSolvedAndWhatIsNot) {
  ASSERT_TRUE(desk_.Start().ok());
  EXPECT_EQ(desk_.Place(HashwxCheck(1), 7, ear_, 1), DeskRefusal::kNone);
  EXPECT_EQ(desk_.Place(HashwxCheck(2, false), 7, ear_, 2), DeskRefusal::kNone);
  ASSERT_TRUE(ear_.Await(2));
  EXPECT_EQ(ear_.Of(1), State::kSolved);
  EXPECT_EQ(ear_.Of(2), State::kUnsolved);
  EXPECT_EQ(desk_.totals()->solved.load(), 1u);
  EXPECT_EQ(desk_.totals()->unsolved.load(), 1u);
}

TEST_F(RedeemDeskTest, AFullQueueTurnsAwayAndIsServedAllTheSame) {
  for (std::uint64_t i = 0; i < RedeemDesk::kRoom; ++i) {
    ASSERT_EQ(PlaceOther(i), DeskRefusal::kNone) << i;
  }
  EXPECT_EQ(desk_.totals()->waiting.load(), RedeemDesk::kRoom);
  EXPECT_EQ(PlaceOther(9'999), DeskRefusal::kFull);
  EXPECT_EQ(desk_.totals()->refused[static_cast<std::size_t>(DeskRefusal::kFull)].load(), 1u);
  ASSERT_TRUE(desk_.Start().ok());
  ASSERT_TRUE(ear_.Await(RedeemDesk::kRoom));
  EXPECT_EQ(PlaceOther(9'999), DeskRefusal::kNone);  // The same is good later.
  ASSERT_TRUE(ear_.Await(RedeemDesk::kRoom + 1));
  EXPECT_EQ(ear_.Of(9'999), State::kSolved);
  EXPECT_EQ(desk_.totals()->waiting.load(), 0u);
}

TEST_F(RedeemDeskTest, APrefixThatHogsLeavesRoomForOthers) {
  constexpr std::uint64_t kHog = 7;
  for (std::uint64_t i = 0; i < RedeemDesk::kRoomOfPrefix; ++i) {
    ASSERT_EQ(desk_.Place(HashwxCheck(i), kHog, ear_, i), DeskRefusal::kNone) << i;
  }
  EXPECT_EQ(desk_.Place(HashwxCheck(5'000), kHog, ear_, 5'000), DeskRefusal::kPrefix);
  EXPECT_EQ(PlaceOther(5'001), DeskRefusal::kNone);
}

TEST_F(RedeemDeskTest, AChallengeHasNoMoreTriesAtOnceThanOneAfterTheOther) {
  for (std::uint64_t i = 0; i < RedeemDesk::kRoomOfChallenge; ++i) {
    EXPECT_EQ(desk_.Place(HashwxCheck(1), 100 + i, ear_, i), DeskRefusal::kNone);
  }
  EXPECT_EQ(desk_.Place(HashwxCheck(1), 200, ear_, 9), DeskRefusal::kChallenge);
  EXPECT_EQ(desk_.Place(HashwxCheck(2), 200, ear_, 10), DeskRefusal::kNone);
}

TEST_F(RedeemDeskTest, WhatIsForgottenIsNotChecked) {
  Ear other;
  ASSERT_EQ(PlaceOther(1), DeskRefusal::kNone);
  ASSERT_EQ(PlaceOther(2), DeskRefusal::kNone);
  ASSERT_EQ(desk_.Place(HashwxCheck(3), 3, other, 2), DeskRefusal::kNone);
  desk_.Forget(ear_, 2);
  ASSERT_TRUE(desk_.Start().ok());
  ASSERT_TRUE(ear_.Await(1));
  ASSERT_TRUE(other.Await(1));  // Its ticket has the same number.
  ASSERT_TRUE(AwaitForgotten(1));
  EXPECT_EQ(ear_.count(), 1u);
  EXPECT_EQ(desk_.totals()->solved.load(), 2u);
}

TEST_F(RedeemDeskTest, WhatIsForgottenGivesItsShareBack) {
  for (std::uint64_t i = 0; i < RedeemDesk::kRoomOfPrefix; ++i) {
    ASSERT_EQ(desk_.Place(HashwxCheck(i), 7, ear_, i), DeskRefusal::kNone);
  }
  desk_.Forget(ear_, 0);
  EXPECT_EQ(desk_.Place(HashwxCheck(5'000), 7, ear_, 5'000), DeskRefusal::kNone);
}

TEST_F(RedeemDeskTest, ClosingCallsNobodyAndTakesNothingMore) {
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(PlaceOther(i), DeskRefusal::kNone);
  ASSERT_TRUE(desk_.Start().ok());
  desk_.Close();
  const std::size_t heard = ear_.count();
  EXPECT_EQ(PlaceOther(200), DeskRefusal::kClosed);
  EXPECT_EQ(desk_.totals()->waiting.load(), 0u);
  desk_.Close();
  EXPECT_EQ(ear_.count(), heard);
}

}  // namespace
}  // namespace stile
