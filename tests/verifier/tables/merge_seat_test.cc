#include "verifier/tables/merge_seat.h"

#include <gtest/gtest.h>

#include <array>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr UnixMillis kNow{1'790'000'000'000};

class MergeSeatTest : public testing::Test {
 protected:
  alignas(64) std::array<std::byte, MergeSeat::kBytes> memory_{};
  MergeSeat seat_{memory_};
};

TEST_F(MergeSeatTest, OneHasItAndKeepsIt) {
  EXPECT_TRUE(seat_.Take(7, kNow));
  EXPECT_FALSE(seat_.Take(8, kNow));
  EXPECT_TRUE(seat_.Take(7, kNow + seconds{4}));
  EXPECT_FALSE(seat_.Take(8, kNow + seconds{8}));
}

TEST_F(MergeSeatTest, WhoDiedInItLosesItAfterFiveSeconds) {
  ASSERT_TRUE(seat_.Take(7, kNow));
  EXPECT_FALSE(seat_.Take(8, kNow + seconds{4}));
  EXPECT_TRUE(seat_.Take(8, kNow + seconds{6}));
  EXPECT_FALSE(seat_.Take(7, kNow + seconds{6}));
}

TEST_F(MergeSeatTest, WhoLeavesItMakesRoomAtOnce) {
  ASSERT_TRUE(seat_.Take(7, kNow));
  seat_.Leave(8);
  EXPECT_FALSE(seat_.Take(8, kNow));
  seat_.Leave(7);
  EXPECT_TRUE(seat_.Take(8, kNow));
}

TEST_F(MergeSeatTest, ClockThatGoesBackFreesIt) {
  ASSERT_TRUE(seat_.Take(7, kNow));
  EXPECT_TRUE(seat_.Take(8, kNow - hours{1}));
}

TEST_F(MergeSeatTest, MarkMovesForOneOfTwo) {
  EXPECT_EQ(seat_.heard(), 0u);
  EXPECT_TRUE(seat_.Hear(0, 5));
  EXPECT_FALSE(seat_.Hear(0, 6));
  EXPECT_EQ(MergeSeat(memory_).heard(), 5u);
}

TEST_F(MergeSeatTest, SeatWithoutMemoryIsNobodys) {
  MergeSeat none;
  EXPECT_FALSE(none.Take(7, kNow));
  EXPECT_FALSE(none.Hear(0, 1));
  none.Leave(7);
}

}  // namespace
}  // namespace stile
