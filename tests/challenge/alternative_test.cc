#include "challenge/alternative.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

constexpr Alternative kWork = {Puzzle::kSha256, 2, 16, 0, 4'000'000, 43'200};
constexpr Alternative kWait = {Puzzle::kWait, 1, 0, 0, 5'000, 600};

TEST(Alternative, IsWellFormedAtItsLimits) {
  EXPECT_TRUE(IsWellFormed(kWork));
  EXPECT_TRUE(IsWellFormed(kWait));
  EXPECT_TRUE(IsWellFormed({Puzzle::kSha256, 255, 64, 255, kMaxEffort, kMaxClearanceSeconds}));
  EXPECT_TRUE(IsWellFormed({Puzzle::kSha256, 1, 1, 0, 1, 1}));
  EXPECT_TRUE(IsWellFormed({Puzzle::kWait, 1, 0, 0, kMaxWaitMillis, 1}));
  EXPECT_TRUE(IsWellFormed({Puzzle::kHashwx, 255, 64, 255, kMaxEffort, kMaxClearanceSeconds}));
  EXPECT_TRUE(IsWellFormed({Puzzle::kHashwx, 1, 1, 0, 1, 1}));
}

TEST(Alternative, DefaultOneIsRefused) { EXPECT_FALSE(IsWellFormed({})); }

TEST(Alternative, EachFieldPastItsLimitIsRefused) {
  const auto with = [](Alternative a, auto change) {
    change(a);
    return IsWellFormed(a);
  };
  EXPECT_FALSE(with(kWork, [](Alternative& a) { a.puzzle = static_cast<Puzzle>(200); }));
  EXPECT_FALSE(with(kWork, [](Alternative& a) { a.rank = 0; }));
  EXPECT_FALSE(with(kWork, [](Alternative& a) { a.lifetime_seconds = 0; }));
  EXPECT_FALSE(with(kWork, [](Alternative& a) { a.lifetime_seconds = 604'801; }));
  for (const Puzzle puzzle : {Puzzle::kSha256, Puzzle::kHashwx}) {
    Alternative work = kWork;
    work.puzzle = puzzle;
    EXPECT_FALSE(with(work, [](Alternative& a) { a.parts = 0; }));
    EXPECT_FALSE(with(work, [](Alternative& a) { a.parts = 65; }));
    EXPECT_FALSE(with(work, [](Alternative& a) { a.effort = 0; }));
    EXPECT_FALSE(with(work, [](Alternative& a) { a.effort = kMaxEffort + 1; }));
  }
  EXPECT_FALSE(with(kWait, [](Alternative& a) { a.parts = 1; }));
  EXPECT_FALSE(with(kWait, [](Alternative& a) { a.effort = 0; }));
  EXPECT_FALSE(with(kWait, [](Alternative& a) { a.effort = kMaxWaitMillis + 1; }));
}

}  // namespace
}  // namespace stile
