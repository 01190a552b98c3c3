#include "service/own_spends.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "verifier/spend_blocks.h"
#include "verifier/spend_store.h"

namespace stile {
namespace {

using std::chrono::seconds;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'800'000'000);
constexpr seconds kKeep{630};

SpendId Token(std::uint64_t block, std::uint64_t position = 0) {
  return {1, 2, 100, block << SpendBlocks::kPositionBits | position};
}

bool IsFresh(OwnSpends& own, const SpendId& id, UnixMillis now) {
  return own.Spend({id, 0, {}}, now).result == SpendResult::kFresh;
}

TEST(OwnSpends, EachTokenIsFreshOnce) {
  OwnSpends own(kKeep);
  for (const std::uint64_t block : {5, 4, 6}) {
    EXPECT_TRUE(IsFresh(own, Token(block, 70), kNow));
    EXPECT_TRUE(IsFresh(own, Token(block), kNow));
    EXPECT_FALSE(IsFresh(own, Token(block, 70), kNow));
  }
}

TEST(OwnSpends, ForgetsBlocksWhoseTokensHaveExpired) {
  OwnSpends own(kKeep);
  UnixMillis now = kNow;
  for (std::uint64_t block = 0; block < 100; ++block, now = now + seconds(30)) {
    EXPECT_TRUE(IsFresh(own, Token(block), now));
    EXPECT_LE(own.blocks(), 23U);
  }
}

TEST(OwnSpends, ClockThatLeapsAheadAndBackFreesNothing) {
  OwnSpends own(kKeep);
  EXPECT_TRUE(IsFresh(own, Token(5), kNow));
  EXPECT_TRUE(IsFresh(own, Token(6), kNow + seconds(700)));
  EXPECT_FALSE(IsFresh(own, Token(5), kNow));
  // Nor does it matter which tokens of the forgotten blocks were used.
  EXPECT_FALSE(IsFresh(own, Token(5, 1), kNow));
  EXPECT_TRUE(IsFresh(own, Token(7), kNow));
}

}  // namespace
}  // namespace stile
