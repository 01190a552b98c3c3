#include "challenge/unix_millis.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(UnixMillis, SecondsAreRoundedDown) {
  EXPECT_EQ(UnixMillis{1999}.Seconds(), 1);
  EXPECT_EQ(UnixMillis{2000}.Seconds(), 2);
  EXPECT_EQ(UnixMillis{0}.Seconds(), 0);
  EXPECT_EQ(UnixMillis{-1}.Seconds(), -1);
  EXPECT_EQ(UnixMillis{-1000}.Seconds(), -1);
  EXPECT_EQ(UnixMillis{-1001}.Seconds(), -2);
}

TEST(UnixMillis, AddsAndSubtractsDurations) {
  const UnixMillis t = UnixMillis::FromSeconds(10);
  EXPECT_EQ((t + std::chrono::seconds{2}).value, 12'000);
  EXPECT_EQ((t - std::chrono::milliseconds{1}).value, 9'999);
  EXPECT_EQ(t - UnixMillis{1}, std::chrono::milliseconds{9'999});
  EXPECT_LT(UnixMillis{1}, t);
}

}  // namespace
}  // namespace stile
