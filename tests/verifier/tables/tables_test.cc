#include "verifier/tables/tables.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/verifier/tables/child_process.h"
#include "tests/verifier/tables/table_file_fixture.h"
#include "verifier/local_spends.h"

namespace stile {
namespace {

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'772'366'400);
constexpr TokenId kId = {1, 2, 3};

TEST(TablesTest, PrivateTablesKnowNothingOfEachOther) {
  const auto one = Tables::Private({});
  const auto two = Tables::Private({});
  ASSERT_TRUE(one.has_value() && two.has_value());
  EXPECT_TRUE((*one)->revocations()->Revoke(kId, kNow + std::chrono::hours{1}, kNow));
  EXPECT_TRUE((*one)->revocations()->IsRevoked(kId, kNow));
  EXPECT_FALSE((*two)->revocations()->IsRevoked(kId, kNow));
  EXPECT_NE((*one)->boot(), (*two)->boot());
}

TEST(TablesTest, WhatOneProcessRevokesIsRevokedInAnother) {
  const TableFolder folder;
  const auto here = Tables::Shared(folder.table_file(), {});
  ASSERT_TRUE(here.has_value());
  (void)folder.Segment();
  ChildProcess other([&] {
    const auto there = Tables::Shared(folder.table_file(), {});
    if (!there || (*there)->boot() != (*here)->boot()) return 1;
    return (*there)->revocations()->Revoke(kId, kNow + std::chrono::hours{1}, kNow) ? 0 : 2;
  });
  ASSERT_EQ(other.Wait(), 0);
  EXPECT_TRUE((*here)->revocations()->IsRevoked(kId, kNow));
}

// Sells a token, has a child of a fork use one up, and the parent then the other.
void ExpectOneStore(LocalSpends& spends) {
  SpendGrant sold;
  ASSERT_TRUE(spends.Issue(kNow, 300, sold));
  ChildProcess child([&] {
    SpendGrant own;
    if (!spends.Issue(kNow, 300, own) || own.id == sold.id) return 1;
    return spends.Spend({sold.id, sold.expires_at, {}}, kNow).result == SpendResult::kFresh ? 0 : 2;
  });
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_EQ(spends.Spend({sold.id, sold.expires_at, {}}, kNow).result, SpendResult::kSpent);
  SpendGrant next;
  ASSERT_TRUE(spends.Issue(kNow, 300, next));
  EXPECT_EQ(next.id.sequence, sold.id.sequence + 2);
}

TEST(TablesTest, TokenPassesOnceAmongAProcessAndItsChild) {
  ExpectOneStore(*(*Tables::Private({}))->MakeSpends(1));
  ExpectOneStore(**LocalSpends::Create({1'000, 64, 1}));
}

TEST(TablesTest, TablesThatAreTooLargeAreRefused) {
  TableSizes sizes;
  sizes.revocations = ~std::uint64_t{0};
  EXPECT_EQ(Tables::Private(sizes).error().code, ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace stile
