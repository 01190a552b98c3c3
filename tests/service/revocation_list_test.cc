#include "service/revocation_list.h"
#include "service/clearance_id_text.h"

#include <chrono>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/revocation_order.h"
#include "tests/service/scratch_folder.h"
#include "verifier/tables/tables.h"

namespace stile {
namespace {

using std::chrono::hours;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr std::string_view kIdText = "00112233445566778899aabbccddeeff";

Revocation ForAnHour() { return {kNow, kNow + hours{1}, "uid 0"}; }
TokenId Id(std::uint8_t first = 0) {
  TokenId id = *ParseIdText(kIdText);
  id[0] = first;
  return id;
}

class RevocationListTest : public testing::Test {
 protected:
  // As after a restart: a list that has read nothing, and an empty table.
  void Restart() {
    list_ = RevocationList(folder_.Path(""));
    tables_ = *Tables::Private({});
  }
  [[nodiscard]] RevocationTable& table() { return *tables_->revocations(); }

  ScratchFolder folder_;
  RevocationList list_{folder_.Path("")};
  std::shared_ptr<Tables> tables_ = *Tables::Private({});
};

TEST_F(RevocationListTest, WhatIsRevokedHoldsAtOnceAndAfterARestart) {
  ASSERT_TRUE(list_.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  EXPECT_TRUE(table().IsRevoked(Id(), kNow));
  Restart();
  EXPECT_FALSE(table().IsRevoked(Id(), kNow));
  ASSERT_TRUE(list_.Load(kNow, table()).ok());
  EXPECT_TRUE(table().IsRevoked(Id(), kNow));
  ASSERT_EQ(list_.Look(kNow).size(), 1U);
  EXPECT_EQ(list_.Look(kNow).at(Id()), ForAnHour());
}

TEST_F(RevocationListTest, WhatHasEndedIsForgotten) {
  ASSERT_TRUE(list_.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  Restart();
  ASSERT_TRUE(list_.Load(kNow + hours{1}, table()).ok());
  EXPECT_FALSE(table().IsRevoked(Id(), kNow));
  EXPECT_TRUE(list_.Look(kNow + hours{1}).empty());
}

TEST_F(RevocationListTest, WhatIsTakenBackStaysSo) {
  ASSERT_TRUE(list_.Revoke(Id(1), ForAnHour(), kNow, table()).ok());
  ASSERT_TRUE(list_.Revoke(Id(2), ForAnHour(), kNow, table()).ok());
  ASSERT_TRUE(list_.Reinstate(Id(1), kNow, table()).ok());
  EXPECT_FALSE(table().IsRevoked(Id(1), kNow));
  EXPECT_TRUE(absl::IsNotFound(list_.Reinstate(Id(1), kNow, table())));
  Restart();
  ASSERT_TRUE(list_.Load(kNow, table()).ok());
  EXPECT_FALSE(table().IsRevoked(Id(1), kNow));
  EXPECT_TRUE(table().IsRevoked(Id(2), kNow));
}

TEST_F(RevocationListTest, TwoThatShareADirectoryKeepWhatTheOtherSaid) {
  RevocationList other(folder_.Path(""));
  ASSERT_TRUE(list_.Revoke(Id(1), ForAnHour(), kNow, table()).ok());
  ASSERT_TRUE(other.Revoke(Id(2), ForAnHour(), kNow, table()).ok());
  ASSERT_TRUE(list_.Revoke(Id(3), ForAnHour(), kNow, table()).ok());
  EXPECT_EQ(other.Look(kNow).size(), 3U);
}

TEST_F(RevocationListTest, WithoutADirectoryItEndsWithTheProcess) {
  RevocationList list("");
  ASSERT_TRUE(list.Load(kNow, table()).ok());
  ASSERT_TRUE(list.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  EXPECT_TRUE(table().IsRevoked(Id(), kNow));
  EXPECT_EQ(list.Look(kNow).size(), 1U);
}

TEST_F(RevocationListTest, WithoutADirectoryNoFileIsMade) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.Path(""));
  RevocationList list("");
  EXPECT_TRUE(list.Load(kNow, table()).ok());
  EXPECT_TRUE(list.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  EXPECT_TRUE(list.Reinstate(Id(), kNow, table()).ok());
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.Path("")));
}

TEST_F(RevocationListTest, ListThatIsDamagedLaterIsSetAsideByTheNextOrder) {
  ASSERT_TRUE(list_.Revoke(Id(1), ForAnHour(), kNow, table()).ok());
  folder_.Write("revocations", "rubbish");
  EXPECT_TRUE(absl::IsDataLoss(list_.Revoke(Id(2), ForAnHour(), kNow, table())));
  EXPECT_EQ(folder_.Read("revocations.damaged"), "rubbish");
  EXPECT_TRUE(list_.Revoke(Id(3), ForAnHour(), kNow, table()).ok());
  folder_.Write("revocations", "rubbish");
  EXPECT_TRUE(absl::IsNotFound(list_.Reinstate(Id(9), kNow, table())));
  Restart();
  ASSERT_TRUE(list_.Load(kNow, table()).ok());
  EXPECT_EQ(list_.Look(kNow).size(), 3U);
}

TEST_F(RevocationListTest, DamagedListIsSetAside) {
  ASSERT_TRUE(list_.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  std::string text = folder_.Read("revocations");
  text[text.size() - 20] ^= 1;
  folder_.Write("revocations", text);
  Restart();
  EXPECT_TRUE(absl::IsDataLoss(list_.Load(kNow, table())));
  EXPECT_FALSE(table().IsRevoked(Id(), kNow));
  EXPECT_EQ(folder_.Read("revocations.damaged"), text);
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("revocations")));
  ASSERT_TRUE(list_.Revoke(Id(), ForAnHour(), kNow, table()).ok());
}

TEST_F(RevocationListTest, NoCutOrFlippedByteIsBelieved) {
  const std::string good = FormatRevocations({{Id(1), ForAnHour()}, {Id(2), ForAnHour()}});
  ASSERT_TRUE(ParseRevocations(good).ok());
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(ParseRevocations(good.substr(0, i)).ok()) << i;
    std::string flipped = good;
    flipped[i] ^= 4;
    EXPECT_FALSE(ParseRevocations(flipped).ok()) << i;
  }
}

TEST_F(RevocationListTest, HoldsNoMoreThanItSays) {
  Revocations full;
  for (std::size_t i = 0; i < RevocationList::kMost; ++i) {
    TokenId id = Id();
    id[1] = static_cast<std::uint8_t>(i >> 8);
    id[2] = static_cast<std::uint8_t>(i);
    full[id] = ForAnHour();
  }
  folder_.Write("revocations", FormatRevocations(full));
  ASSERT_TRUE(list_.Load(kNow, table()).ok());
  EXPECT_EQ(table().Count(kNow), RevocationList::kMost);
  const absl::Status refused = list_.Revoke(Id(9), ForAnHour(), kNow, table());
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_FALSE(table().IsRevoked(Id(9), kNow));
}

TEST_F(RevocationListTest, WhatCannotBeKeptHoldsAllTheSameAndSaysSo) {
  RevocationList list(folder_.Path("missing"));
  EXPECT_FALSE(list.Revoke(Id(), ForAnHour(), kNow, table()).ok());
  EXPECT_TRUE(table().IsRevoked(Id(), kNow));
}

TEST(IdTextTest, IsThirtyTwoHexadecimalDigits) {
  EXPECT_EQ(IdText(*ParseIdText(kIdText)), kIdText);
  EXPECT_EQ(ParseIdText("00112233445566778899AABBCCDDEEFF"), ParseIdText(kIdText));
  EXPECT_FALSE(ParseIdText("00112233445566778899aabbccddeef"));
  EXPECT_FALSE(ParseIdText("00112233445566778899aabbccddeeff0"));
  EXPECT_FALSE(ParseIdText("0x112233445566778899aabbccddeeff"));
  EXPECT_FALSE(ParseIdText(""));
}

TEST(RevocationOrderTest, TakesAnIdAndATime) {
  const auto order = RevocationOrder::Parse("id=00112233445566778899aabbccddeeff&for=1d");
  ASSERT_TRUE(order.has_value());
  EXPECT_EQ(IdText(order->id), kIdText);
  EXPECT_EQ(order->period, hours{24});
  EXPECT_FALSE(order->undo);
}

TEST(RevocationOrderTest, LastsLongerThanAnyClearanceByDefault) {
  const auto order = RevocationOrder::Parse("id=00112233445566778899aabbccddeeff");
  ASSERT_TRUE(order.has_value());
  EXPECT_GT(order->period, hours{7 * 24});
}

TEST(RevocationOrderTest, TakesItBack) {
  const auto order = RevocationOrder::Parse("undo=true&id=00112233445566778899aabbccddeeff");
  ASSERT_TRUE(order.has_value());
  EXPECT_TRUE(order->undo);
}

TEST(RevocationOrderTest, RefusesAnythingElse) {
  constexpr std::string_view kId = "id=00112233445566778899aabbccddeeff";
  for (const std::string_view more :
       {"&for=0s", "&for=31d", "&for=1", "&for=", "&undo=false", "&undo=true&for=1d", "&id=1",
        "&site=main", "&for=1d&for=1d"}) {
    EXPECT_FALSE(RevocationOrder::Parse(std::string(kId) + std::string(more)).has_value()) << more;
  }
  for (const std::string_view form : {"", "for=1d", "id=", "id=main", "undo=true"}) {
    EXPECT_FALSE(RevocationOrder::Parse(form).has_value()) << form;
  }
}

}  // namespace
}  // namespace stile
