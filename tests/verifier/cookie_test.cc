#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/verifier/site_fixture.h"
#include "verifier/clearance_check.h"
#include "verifier/policy/budget_terms.h"

namespace stile {
namespace {

using fixture::Earned;
using fixture::FlipTag;
using fixture::Get;
using fixture::kCookieName;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::Seal;
using fixture::Visitor;
using fixture::VisitorAt;

const std::string kName(kCookieName);

ClearanceFinding Find(const std::vector<std::string>& cookies, const Client& client = Visitor(),
                      std::string_view method = "GET") {
  Request request = Get("/", cookies, client);
  request.method = method;
  return ClearanceCheck(Keys(), kName).Find(request, kNow);
}

std::string OfRank(std::uint8_t rank) {
  Clearance clearance = Earned();
  clearance.rank = rank;
  return Seal(clearance);
}

std::string ExpiredSince(std::uint32_t seconds) {
  Clearance clearance = Earned();
  clearance.issued_at = kNowSeconds - 3600;
  clearance.expires_at = kNowSeconds - seconds;
  return Seal(clearance);
}

std::string OfWrongSite() {
  Clearance clearance = Earned();
  clearance.site_id ^= 1;
  return Seal(clearance);
}

TEST(CookieTest, FindsClearanceWhereverItStands) {
  const std::string ours = kName + "=" + Seal(Earned());
  for (const std::string& field :
       {ours, "a=1; " + ours, ours + "; b=2", "a=1;" + ours + ";b=2", "a=1; \t " + ours + " \t",
        ";;=; " + ours + ";", "a=x=y; " + ours, "flag; " + ours}) {
    EXPECT_EQ(Find({field}).verdict, Verdict::kValid) << field;
  }
}

TEST(CookieTest, FindsClearanceInAnyField) {
  std::vector<std::string> fields(Request::kMaxCookieFields, "a=1");
  for (std::string& field : fields) {
    field = kName + "=" + Seal(Earned());
    EXPECT_EQ(Find(fields).verdict, Verdict::kValid);
    field = "a=1";
  }
}

TEST(CookieTest, LooksAtNoFieldBeyondTheLast) {
  Request request = Get("/", {});
  request.cookie_count = 100;
  EXPECT_EQ(ClearanceCheck(Keys(), kName).Find(request, kNow).verdict, Verdict::kAbsent);
}

TEST(CookieTest, ReadsNoOtherName) {
  const std::string value = "=" + Seal(Earned());
  for (const std::string& name :
       {std::string("__host-stile"), "X" + kName, kName + "2", kName + " ", std::string("stile"),
        kName.substr(1), std::string()}) {
    EXPECT_EQ(Find({name + value}).verdict, Verdict::kAbsent) << name;
  }
  EXPECT_EQ(Find({kName}).verdict, Verdict::kAbsent);
  EXPECT_EQ(Find({""}).verdict, Verdict::kAbsent);
  EXPECT_EQ(Find({}).verdict, Verdict::kAbsent);
}

TEST(CookieTest, EmptyValueIsAbsent) {
  EXPECT_EQ(Find({kName + "="}).verdict, Verdict::kAbsent);
  EXPECT_EQ(Find({kName + "= ; a=1"}).verdict, Verdict::kAbsent);
  EXPECT_EQ(Find({kName + "=."}).verdict, Verdict::kAbsent);
}

TEST(CookieTest, TakesBothTokensOfOneCookie) {
  EXPECT_EQ(Find({kName + "=" + OfRank(1) + "." + OfRank(3)}).clearance.rank, 3);
  EXPECT_EQ(Find({kName + "=" + OfRank(3) + "." + OfRank(1)}).clearance.rank, 3);
  EXPECT_EQ(Find({kName + "=." + OfRank(1)}).clearance.rank, 1);
}

TEST(CookieTest, ReadsNoThirdToken) {
  const ClearanceFinding finding =
      Find({kName + "=" + OfRank(1) + "." + OfRank(2) + "." + OfRank(3)});
  EXPECT_EQ(finding.verdict, Verdict::kValid);
  EXPECT_EQ(finding.clearance.rank, 2);
}

TEST(CookieTest, ReadsNoFifthCookie) {
  std::string field;
  for (int i = 0; i < 4; ++i) field += kName + "=" + OfWrongSite() + "; ";
  EXPECT_EQ(Find({field + kName + "=" + OfRank(1)}).verdict, Verdict::kWrongSite);
  EXPECT_EQ(Find({field, kName + "=" + OfRank(1)}).verdict, Verdict::kWrongSite);
  EXPECT_EQ(Find({kName + "=" + OfRank(1) + "; " + field}).verdict, Verdict::kValid);
}

TEST(CookieTest, ValidClearanceOfTheHighestRankCounts) {
  std::string field;
  for (const std::uint8_t rank : {2, 9, 1}) {
    field += kName;
    field += "=";
    field += OfRank(rank);
    field += "; ";
  }
  field += kName + "=" + FlipTag(OfRank(200));
  const ClearanceFinding finding = Find({field});
  EXPECT_EQ(finding.verdict, Verdict::kValid);
  EXPECT_EQ(finding.clearance.rank, 9);
}

TEST(CookieTest, OfTwoOfOneRankTheOneThatProvedMoreCounts) {
  Clearance cheap = Earned();
  cheap.effort_log2 = 0;
  cheap.puzzle = Puzzle::kWait;
  const std::string dear = Seal(Earned());
  EXPECT_EQ(Find({kName + "=" + Seal(cheap) + "." + dear}).clearance.effort_log2, 21);
  EXPECT_EQ(Find({kName + "=" + dear + "." + Seal(cheap)}).clearance.effort_log2, 21);
}

// A visitor who has paid the dearer price may still send an older clearance, before it or after.
void ExpectSecondCounts(const Clearance& first, const Clearance& second, std::string_view method) {
  for (const std::string& field : {kName + "=" + Seal(first) + "; " + kName + "=" + Seal(second),
                                   kName + "=" + Seal(second) + "; " + kName + "=" + Seal(first)}) {
    EXPECT_EQ(Find({field}, Visitor(), method).clearance, second) << field;
  }
}

TEST(CookieTest, OfTwoOfOneRankTheOneBoughtDearCountsWhateverElseItIs) {
  Clearance older = Earned();
  older.expires_at += 60;
  Clearance dear = Earned();
  dear.effort_log2 = 0;
  dear.puzzle = Puzzle::kWait;
  dear.budget_class = kBoughtDear | kTenth;
  ExpectSecondCounts(older, dear, "GET");
  older.expires_at = dear.expires_at = kNowSeconds - 10;
  ExpectSecondCounts(older, dear, "POST");
}

TEST(CookieTest, OfTwoAlikeTheOneThatLastsLongerCounts) {
  const Clearance older = Earned();
  Clearance newer = Earned();
  ++newer.expires_at;
  ExpectSecondCounts(older, newer, "GET");
}

TEST(CookieTest, VerdictFurthestDownTheTableCountsWithoutAValidOne) {
  Clearance unknown_key = Earned();
  unknown_key.key_id = 99;
  Clearance early = Earned();
  early.issued_at = kNowSeconds + 100;
  const std::vector<std::pair<std::string, Verdict>> table = {
      {"", Verdict::kAbsent},
      {Seal(Earned()).substr(0, 70), Verdict::kMalformed},
      {OfWrongSite(), Verdict::kWrongSite},
      {ExpiredSince(1000), Verdict::kExpired},
      {Seal(early), Verdict::kNotYetValid},
      {Seal(unknown_key), Verdict::kUnknownKey},
      {FlipTag(Seal(Earned())), Verdict::kForged},
      {Seal(Earned(VisitorAt("192.0.3.7"))), Verdict::kWrongClient},
      {Seal(Earned()), Verdict::kValid},
  };
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (std::size_t j = i; j < table.size(); ++j) {
      EXPECT_EQ(Find({kName + "=" + table[i].first, kName + "=" + table[j].first}).verdict,
                table[j].second);
      EXPECT_EQ(Find({kName + "=" + table[j].first, kName + "=" + table[i].first}).verdict,
                table[j].second);
    }
  }
}

TEST(CookieTest, UnsignedComesBeforeMalformed) {
  // 53 bytes with the right marks and no tag: the body of a clearance.
  const std::string body = Seal(Earned()).substr(0, 70) + "A";
  ASSERT_EQ(Find({kName + "=" + body}).verdict, Verdict::kUnsigned);
  EXPECT_EQ(Find({kName + "=" + body + ".x"}).verdict, Verdict::kMalformed);
}

// A clearance that lacks its tag, and what makes 92 characters of it, behind which a token may end.
TEST(CookieTest, ATokenEndsWhereItEndsAndNotWhereAClearanceWould) {
  constexpr std::size_t kBodyText = 71;
  const std::size_t rest = Clearance::kTextSize - kBodyText;
  const std::string without_tag = Seal(Earned()).substr(0, kBodyText);
  for (const std::string& filler :
       {std::string(rest, ' '), std::string(rest, '\t'), ";" + std::string(rest - 1, 'x'),
        std::string(rest - 1, ' ') + ";", "; a=" + std::string(rest - 4, 'x'),
        "." + std::string(rest - 1, ' ')}) {
    for (const char* const after : {"", ";", "; b=2"}) {
      const std::string field = kName + "=" + without_tag + filler + after;
      EXPECT_EQ(Find({field}).verdict, Verdict::kUnsigned) << field;
      EXPECT_EQ(Find({"a=1", field}).verdict, Verdict::kUnsigned) << field;
    }
  }
}

TEST(CookieTest, TwoTokensAsLongAsAClearanceAreTwoOfThose) {
  const std::string two = std::string(45, 'x') + "." + std::string(Clearance::kTextSize - 46, 'y');
  const std::string field = kName + "=" + two + "." + Seal(Earned());
  EXPECT_EQ(Find({field}).verdict, Verdict::kMalformed);
  EXPECT_EQ(Find({"a=1", field}).verdict, Verdict::kMalformed);
}

TEST(CookieTest, ClearanceInItsGraceCountsOnUnsafeMethodsWhateverLiesBesideIt) {
  const std::string field = kName + "=" + FlipTag(Seal(Earned())) + "." + ExpiredSince(10) + "; " +
                            kName + "=" + Seal(Earned(VisitorAt("2001:db8::1")));
  EXPECT_EQ(Find({field}).verdict, Verdict::kWrongClient);
  const ClearanceFinding finding = Find({field}, Visitor(), "POST");
  EXPECT_EQ(finding.verdict, Verdict::kExpired);
  EXPECT_TRUE(finding.in_grace);
}

TEST(CookieTest, TwoFamiliesInOneCookieServeBoth) {
  const Client v6 = VisitorAt("2001:db8:1:2::3");
  const std::string v4_token = Seal(Earned());
  const std::string v6_token = Seal(Earned(v6));
  const std::vector<std::string> fields{kName + "=" + v4_token + "." + v6_token};
  const ClearanceFinding by_v4 = Find(fields);
  EXPECT_EQ(by_v4.verdict, Verdict::kValid);
  EXPECT_EQ(by_v4.other_family, v6_token);
  EXPECT_EQ(by_v4.roams, 0);
  const ClearanceFinding by_v6 = Find(fields, v6);
  EXPECT_EQ(by_v6.verdict, Verdict::kValid);
  EXPECT_EQ(by_v6.other_family, v4_token);
}

TEST(CookieTest, BestClearanceOfTheOtherFamilyIsKept) {
  Clearance low = Earned(VisitorAt("2001:db8::1"));
  low.rank = 1;
  Clearance high = low;
  high.rank = 3;
  const std::string kept = Seal(high);
  EXPECT_EQ(Find({kName + "=" + Seal(low) + "." + kept}).other_family, kept);
  EXPECT_EQ(Find({kName + "=" + kept + "." + Seal(low)}).other_family, kept);
}

TEST(CookieTest, RoamerWithBothFamiliesIsCountedByItsOwnFamily) {
  Clearance v4 = Earned(VisitorAt("198.51.100.1"));
  v4.roams = 1;
  const std::string v6 = Seal(Earned(VisitorAt("2001:db8::1")));
  EXPECT_EQ(Find({kName + "=" + v6 + "." + Seal(v4)}).roams, 2);
  EXPECT_EQ(Find({kName + "=" + Seal(v4) + "." + v6}).roams, 2);
}

}  // namespace
}  // namespace stile
