#include "service/overload.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

using std::chrono::milliseconds;

// A loop whose limit is 100 ms, and its clock.
class OverloadTest : public testing::Test {
 protected:
  OverloadTest() { overload_.SetLimit(milliseconds(100)); }

  // A turn of this length, then a wait that ends this much later than it should.
  void Turn(int length, int late = 0) {
    overload_.EndWait(now_);
    now_ += milliseconds(length);
    overload_.BeginWait(now_, 50);
    now_ += milliseconds(50 + late);
    overload_.EndWait(now_);
  }

  Overload overload_;
  Instant now_ = Instant{} + std::chrono::hours(1);
};

TEST_F(OverloadTest, LoopInTimeIsNot) {
  for (int i = 0; i < 100; ++i) Turn(99, 1);
  EXPECT_FALSE(overload_.holds());
}

TEST_F(OverloadTest, BeingLateOnceIsForgiven) {
  Turn(150);
  for (int i = 0; i < 30; ++i) Turn(1);
  Turn(150);
  EXPECT_FALSE(overload_.holds());
}

TEST_F(OverloadTest, LateTurnsAre) {
  Turn(150);
  Turn(150);
  EXPECT_TRUE(overload_.holds());
}

TEST_F(OverloadTest, ThreadWithoutCpuIs) {
  Turn(1, 150);
  Turn(1, 150);
  EXPECT_TRUE(overload_.holds());
}

TEST_F(OverloadTest, GrossDelayIsAtOnce) {
  Turn(1, 1'001);
  EXPECT_TRUE(overload_.holds());
}

TEST_F(OverloadTest, OneDelayThatIsFoundFromManySidesIsOne) {
  overload_.Note(now_, milliseconds(200));
  overload_.Note(now_ + milliseconds(1), milliseconds(200));
  overload_.Note(now_ + milliseconds(99), milliseconds(200));
  EXPECT_FALSE(overload_.holds());
  overload_.Note(now_ + milliseconds(100), milliseconds(200));
  EXPECT_TRUE(overload_.holds());
}

TEST_F(OverloadTest, MarkThatComesUpLateTellsOfTheQueueBeforeIt) {
  EXPECT_FALSE(overload_.WantsMark(false));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(overload_.WantsMark(true));
    overload_.SetMark(now_);
    EXPECT_FALSE(overload_.WantsMark(true));
    now_ += milliseconds(150);
    overload_.FindMark(now_);
  }
  EXPECT_TRUE(overload_.holds());
}

TEST_F(OverloadTest, AlarmThatIsNoMarkTellsNothing) {
  overload_.SetMark(now_);
  overload_.FindMark(now_);
  now_ += milliseconds(5'000);
  overload_.FindMark(now_);
  EXPECT_FALSE(overload_.holds());
}

TEST_F(OverloadTest, EndsAfterASecondInTimeAndNotBefore) {
  Turn(1, 1'001);
  Turn(1, 60);  // Neither late nor at ease.
  const Instant uneasy = now_;
  while (now_ + milliseconds(51) < uneasy + Overload::kMemory) {
    Turn(1);
    ASSERT_TRUE(overload_.holds());
  }
  Turn(1);
  EXPECT_FALSE(overload_.holds());
}

TEST_F(OverloadTest, WaitForEverIsNeverLate) {
  overload_.BeginWait(now_, -1);
  overload_.EndWait(now_ + std::chrono::hours(1));
  EXPECT_FALSE(overload_.holds());
}

TEST_F(OverloadTest, WithoutALimitThereIsNone) {
  Turn(1, 1'001);
  overload_.SetLimit(milliseconds(0));
  EXPECT_FALSE(overload_.holds());
  Turn(1, 100'000);
  EXPECT_FALSE(overload_.holds());
  EXPECT_FALSE(overload_.WantsMark(true));
}

TEST_F(OverloadTest, WorstIsOfTheLastSecondOrTwo) {
  Turn(1, 77);
  EXPECT_EQ(overload_.worst(), milliseconds(77));
  for (int i = 0; i < 45; ++i) Turn(1, 3);
  EXPECT_EQ(overload_.worst(), milliseconds(3));
}

}  // namespace
}  // namespace stile
