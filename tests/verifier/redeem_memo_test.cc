#include "verifier/redeem_memo.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace stile {
namespace {

// The first eight bytes pick the bucket, the rest tells tags apart.
Tag TagOf(std::uint64_t bucket, std::uint64_t number) {
  Tag tag;
  const std::uint64_t fingerprint = number << 14;
  std::memcpy(tag.bytes.data(), &bucket, sizeof bucket);
  std::memcpy(tag.bytes.data() + 8, &fingerprint, sizeof fingerprint);
  return tag;
}

TEST(RedeemMemoTest, KnowsNothingAtFirst) {
  const RedeemMemo memo(64);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).solved, 0);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).bad, 0);
  EXPECT_EQ(memo.Recall(Tag{}).solved, 0);
}

TEST(RedeemMemoTest, TakesEightBytesAnEntry) {
  EXPECT_EQ(RedeemMemo(0).bytes(), 64U * 8);
  EXPECT_EQ(RedeemMemo(65).bytes(), 128U * 8);
  EXPECT_EQ(RedeemMemo().bytes(), 65'536U * 8);
}

TEST(RedeemMemoTest, RemembersEachAlternativeByItself) {
  RedeemMemo memo(64);
  memo.RememberSolved(TagOf(0, 1), 0);
  memo.RememberSolved(TagOf(0, 1), 3);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).solved, 0b1001);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).bad, 0);
  EXPECT_EQ(memo.Recall(TagOf(0, 2)).solved, 0);
  EXPECT_EQ(memo.Recall(TagOf(8, 1)).solved, 0);
}

TEST(RedeemMemoTest, CountsBadSolutionsUpToThree) {
  RedeemMemo memo(64);
  for (const int expected : {1, 2, 3, 3}) {
    memo.RememberBad(TagOf(0, 1));
    EXPECT_EQ(memo.Recall(TagOf(0, 1)).bad, expected);
  }
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).solved, 0);
}

TEST(RedeemMemoTest, KeepsBothKindsOfMarkOfOneChallenge) {
  RedeemMemo memo(64);
  memo.RememberBad(TagOf(0, 1));
  memo.RememberSolved(TagOf(0, 1), 2);
  memo.RememberBad(TagOf(0, 1));
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).solved, 0b100);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).bad, 2);
}

TEST(RedeemMemoTest, TagOfZerosIsAChallengeLikeAnyOther) {
  RedeemMemo memo(64);
  memo.RememberSolved(Tag{}, 1);
  EXPECT_EQ(memo.Recall(Tag{}).solved, 0b10);
}

TEST(RedeemMemoTest, FullMemoForgetsTheOldestOfItsKind) {
  RedeemMemo memo(64);
  for (std::uint64_t i = 1; i <= 9; ++i) memo.RememberSolved(TagOf(0, i), 0);
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).solved, 0);
  for (std::uint64_t i = 2; i <= 9; ++i) EXPECT_EQ(memo.Recall(TagOf(0, i)).solved, 1) << i;
}

TEST(RedeemMemoTest, EndedChallengeOutlivesSolvedOnesAndThoseFirstTries) {
  RedeemMemo memo(64);
  for (int i = 0; i < 3; ++i) memo.RememberBad(TagOf(0, 1));
  memo.RememberSolved(TagOf(0, 2), 0);
  // First bad tries of challenges that cost nothing to get.
  std::uint64_t number = 100;
  while (memo.Recall(TagOf(0, 2)).solved != 0) memo.RememberBad(TagOf(0, number++));
  const std::uint64_t until_solved = number - 100;
  EXPECT_EQ(memo.Recall(TagOf(0, 1)).bad, 3);
  while (memo.Recall(TagOf(0, 1)).bad != 0) memo.RememberBad(TagOf(0, number++));
  const std::uint64_t until_ended = number - 100;
  EXPECT_GT(until_solved, 8U);
  EXPECT_GT(until_ended, until_solved + 4);
}

TEST(RedeemMemoTest, MemoFullOfEndedChallengesStillEndsNewOnes) {
  RedeemMemo memo(64);
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    for (int i = 0; i < 3; ++i) memo.RememberBad(TagOf(0, number));
    ASSERT_EQ(memo.Recall(TagOf(0, number)).bad, 3) << number;
  }
}

TEST(RedeemMemoTest, RemembersMostOfWhatItHasRoomFor) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  RedeemMemo memo(1 << 12);
  std::vector<Tag> tags;
  for (int i = 0; i < 1 << 11; ++i) tags.push_back(TagOf(random(), random()));
  for (const Tag& tag : tags) memo.RememberSolved(tag, 0);
  int known = 0;
  for (const Tag& tag : tags) known += memo.Recall(tag).solved;
  EXPECT_GT(known, 1900);  // Half full in the mean, so a bucket of eight seldom overflows.
}

TEST(RedeemMemoTest, ParallelMarksAddUp) {
  for (std::uint64_t round = 1; round <= 500; ++round) {
    RedeemMemo memo(64);
    const Tag tag = TagOf(round, round);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 3; ++t) {
      threads.emplace_back([&memo, &tag, t] {
        memo.RememberBad(tag);
        memo.RememberSolved(tag, t);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(memo.Recall(tag).bad, 3);
    ASSERT_EQ(memo.Recall(tag).solved, 0b111);
  }
}

}  // namespace
}  // namespace stile
