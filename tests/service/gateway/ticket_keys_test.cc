#include "service/ticket_keys.h"

#include <chrono>

#include <gtest/gtest.h>

namespace stile {
namespace {

using std::chrono::seconds;

constexpr Instant kStart{std::chrono::hours{1000}};

TEST(TicketKeysTest, OneKeySealsForAPeriod) {
  TicketKeys keys;
  const auto first = keys.Current(kStart);
  const auto same = keys.Current(kStart + TicketKeys::kPeriod - seconds{1});
  const auto next = keys.Current(kStart + TicketKeys::kPeriod);
  ASSERT_TRUE(first && same && next);
  EXPECT_EQ(first->name, same->name);
  EXPECT_NE(first->name, next->name);
  EXPECT_NE(first->cipher, next->cipher);
  EXPECT_NE(first->mac, next->mac);
}

TEST(TicketKeysTest, AKeyOpensForAsLongAgainAndNoLonger) {
  TicketKeys keys;
  const auto first = keys.Current(kStart);
  ASSERT_TRUE(first);
  ASSERT_TRUE(keys.Current(kStart + TicketKeys::kPeriod));
  EXPECT_TRUE(keys.Find(first->name, kStart + 2 * TicketKeys::kPeriod - seconds{1}));
  EXPECT_FALSE(keys.Find(first->name, kStart + 2 * TicketKeys::kPeriod));
}

TEST(TicketKeysTest, AKeyOfAnotherProcessOpensNothing) {
  TicketKeys keys, others;
  const auto other = others.Current(kStart);
  ASSERT_TRUE(keys.Current(kStart) && other);
  EXPECT_FALSE(keys.Find(other->name, kStart));
}

}  // namespace
}  // namespace stile
