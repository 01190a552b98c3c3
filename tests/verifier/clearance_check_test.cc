#include "verifier/clearance_check.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "challenge/base64url.h"
#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::Address;
using fixture::Earned;
using fixture::FlipTag;
using fixture::Keys;
using fixture::kNow;
using fixture::kNowSeconds;
using fixture::kOtherUserAgent;
using fixture::Seal;
using fixture::Visitor;
using fixture::VisitorAt;

ClearanceFinding Check(const std::string& token, const Client& client = Visitor(),
                       UnixMillis now = kNow) {
  return ClearanceCheck(Keys(), "stile").Check(token, client, now);
}

std::string WithoutTag(const std::string& token) {
  std::vector<std::uint8_t> bytes(Clearance::kSize);
  EXPECT_TRUE(DecodeBase64Url(token, bytes).has_value());
  bytes.resize(Clearance::kBodySize);
  return EncodeBase64Url(bytes);
}

TEST(ClearanceCheckTest, AcceptsClearanceOfThisClient) {
  const Clearance clearance = Earned();
  const ClearanceFinding finding = Check(Seal(clearance));
  EXPECT_EQ(finding.verdict, Verdict::kValid);
  EXPECT_TRUE(finding.authentic);
  EXPECT_FALSE(finding.in_grace);
  EXPECT_EQ(finding.clearance, clearance);
}

TEST(ClearanceCheckTest, CallsEmptyTextAbsent) { EXPECT_EQ(Check("").verdict, Verdict::kAbsent); }

TEST(ClearanceCheckTest, CallsTextWithoutTagUnsigned) {
  const std::string token = WithoutTag(Seal(Earned()));
  EXPECT_EQ(token.size(), 71U);
  EXPECT_EQ(Check(token).verdict, Verdict::kUnsigned);
}

TEST(ClearanceCheckTest, RefusesEveryOtherShapeAsMalformed) {
  const std::string token = Seal(Earned());
  EXPECT_EQ(Check(token.substr(0, 91)).verdict, Verdict::kMalformed);
  EXPECT_EQ(Check(token + "A").verdict, Verdict::kMalformed);
  EXPECT_EQ(Check(std::string(92, '+')).verdict, Verdict::kMalformed);
  EXPECT_EQ(Check(std::string(1 << 20, 'A')).verdict, Verdict::kMalformed);
  std::string other_version = token;
  other_version[0] = other_version[0] == 'C' ? 'D' : 'C';
  EXPECT_EQ(Check(other_version).verdict, Verdict::kMalformed);
}

TEST(ClearanceCheckTest, RefusesClearanceOfOtherSite) {
  Clearance clearance = Earned();
  clearance.site_id ^= 1;
  const ClearanceFinding finding = Check(Seal(clearance));
  EXPECT_EQ(finding.verdict, Verdict::kWrongSite);
  EXPECT_FALSE(finding.authentic);
}

TEST(ClearanceCheckTest, ExpiresInTheSecondThatTheClearanceNames) {
  Clearance clearance = Earned();
  clearance.expires_at = kNowSeconds;
  EXPECT_EQ(Check(Seal(clearance), Visitor(), kNow - std::chrono::milliseconds{1}).verdict,
            Verdict::kValid);
  EXPECT_EQ(Check(Seal(clearance)).verdict, Verdict::kExpired);
}

TEST(ClearanceCheckTest, AcceptsClearanceIssuedUpToAMinuteAhead) {
  Clearance clearance = Earned();
  clearance.issued_at = kNowSeconds + 60;
  EXPECT_EQ(Check(Seal(clearance)).verdict, Verdict::kValid);
  clearance.issued_at = kNowSeconds + 61;
  EXPECT_EQ(Check(Seal(clearance)).verdict, Verdict::kNotYetValid);
}

TEST(ClearanceCheckTest, RefusesKeyThatIsNotHeld) {
  Clearance clearance = Earned();
  clearance.key_id = 99;
  EXPECT_EQ(Check(Seal(clearance)).verdict, Verdict::kUnknownKey);
}

TEST(ClearanceCheckTest, RefusesKeyWhoseTimeHasPassed) {
  std::vector<MasterKey> masters;
  masters.push_back(fixture::Master(1, UnixMillis{0}));
  masters.back().verify_until = kNow + std::chrono::seconds{1};
  const ClearanceCheck check(fixture::KeysOf(std::move(masters), kNow), "stile");
  const std::string token = Seal(Earned());
  EXPECT_EQ(check.Check(token, Visitor(), kNow).verdict, Verdict::kValid);
  EXPECT_EQ(check.Check(token, Visitor(), kNow + std::chrono::seconds{1}).verdict,
            Verdict::kUnknownKey);
}

TEST(ClearanceCheckTest, RefusesEpochOutsideTheHeldOnes) {
  Clearance clearance = Earned();
  clearance.issued_at = kNowSeconds - 30 * 86'400;
  EXPECT_EQ(Check(Seal(clearance)).verdict, Verdict::kUnknownKey);
}

TEST(ClearanceCheckTest, RefusesEveryFlippedBitOfTheSignature) {
  std::vector<std::uint8_t> bytes(Clearance::kSize);
  ASSERT_TRUE(DecodeBase64Url(Seal(Earned()), bytes).has_value());
  for (std::size_t bit = Clearance::kBodySize * 8; bit < Clearance::kSize * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const ClearanceFinding finding = Check(EncodeBase64Url(bytes));
    EXPECT_EQ(finding.verdict, Verdict::kForged) << "bit " << bit;
    EXPECT_FALSE(finding.authentic);
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

TEST(ClearanceCheckTest, PassesNoFlippedBitOfTheBody) {
  std::vector<std::uint8_t> bytes(Clearance::kSize);
  ASSERT_TRUE(DecodeBase64Url(Seal(Earned()), bytes).has_value());
  for (std::size_t bit = 0; bit < Clearance::kBodySize * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    const ClearanceFinding finding = Check(EncodeBase64Url(bytes));
    EXPECT_NE(finding.verdict, Verdict::kValid) << "bit " << bit;
    EXPECT_FALSE(finding.authentic) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
  }
}

TEST(ClearanceCheckTest, RefusesClearanceOfOtherPrefix) {
  const ClearanceFinding finding = Check(Seal(Earned()), VisitorAt("192.0.3.7"));
  EXPECT_EQ(finding.verdict, Verdict::kWrongClient);
  EXPECT_TRUE(finding.authentic);
}

TEST(ClearanceCheckTest, RefusesClearanceOfOtherUserAgent) {
  Client client = Visitor();
  client.user_agent = kOtherUserAgent;
  EXPECT_EQ(Check(Seal(Earned()), client).verdict, Verdict::kWrongClient);
}

TEST(ClearanceCheckTest, RefusesBoundClearanceOfClientWithoutAddress) {
  Client client = Visitor();
  client.address.reset();
  const ClearanceFinding finding = Check(Seal(Earned()), client);
  EXPECT_EQ(finding.verdict, Verdict::kWrongClient);
  EXPECT_TRUE(finding.other_family.empty());
}

TEST(ClearanceCheckTest, TakesMappedAddressForTheIpv4AddressInIt) {
  EXPECT_EQ(Check(Seal(Earned()), VisitorAt("::ffff:192.0.2.99")).verdict, Verdict::kValid);
  EXPECT_EQ(Check(Seal(Earned(VisitorAt("::ffff:192.0.2.99")))).verdict, Verdict::kValid);
}

TEST(ClearanceCheckTest, AcceptsUnboundClearanceEverywhere) {
  Clearance clearance = Earned();
  clearance.binding = Binding{};
  Client client;
  client.user_agent = kOtherUserAgent;
  EXPECT_EQ(Check(Seal(clearance), client).verdict, Verdict::kValid);
}

// --- Grace ---

Clearance ExpiredSince(std::uint32_t seconds) {
  Clearance clearance = Earned();
  clearance.issued_at = kNowSeconds - 3600;
  clearance.expires_at = kNowSeconds - seconds;
  return clearance;
}

TEST(ClearanceCheckTest, FreshlyExpiredClearanceIsInItsGrace) {
  for (const std::uint32_t seconds : {0U, 1U, 599U}) {
    const ClearanceFinding finding = Check(Seal(ExpiredSince(seconds)));
    EXPECT_EQ(finding.verdict, Verdict::kExpired);
    EXPECT_TRUE(finding.authentic) << seconds;
    EXPECT_TRUE(finding.in_grace) << seconds;
  }
}

TEST(ClearanceCheckTest, GraceEndsAfterTenMinutes) {
  const ClearanceFinding finding = Check(Seal(ExpiredSince(600)));
  EXPECT_EQ(finding.verdict, Verdict::kExpired);
  EXPECT_FALSE(finding.authentic);
  EXPECT_FALSE(finding.in_grace);
}

TEST(ClearanceCheckTest, ForgedClearanceHasNoGrace) {
  const ClearanceFinding finding = Check(FlipTag(Seal(ExpiredSince(1))));
  EXPECT_EQ(finding.verdict, Verdict::kExpired);
  EXPECT_FALSE(finding.authentic);
  EXPECT_FALSE(finding.in_grace);
}

TEST(ClearanceCheckTest, ClearanceOfOtherClientHasNoGrace) {
  const ClearanceFinding finding = Check(Seal(ExpiredSince(1)), VisitorAt("192.0.3.7"));
  EXPECT_EQ(finding.verdict, Verdict::kExpired);
  EXPECT_TRUE(finding.authentic);
  EXPECT_FALSE(finding.in_grace);
}

TEST(ClearanceCheckTest, ClearanceOfUnknownKeyHasNoGrace) {
  Clearance clearance = ExpiredSince(1);
  clearance.key_id = 99;
  const ClearanceFinding finding = Check(Seal(clearance));
  EXPECT_EQ(finding.verdict, Verdict::kExpired);
  EXPECT_FALSE(finding.in_grace);
}

// --- Roams and address families ---

TEST(ClearanceCheckTest, CountsAMeetingElsewhere) {
  Clearance clearance = Earned();
  clearance.roams = 1;
  EXPECT_EQ(Check(Seal(clearance)).roams, 1);
  EXPECT_EQ(Check(Seal(clearance), VisitorAt("198.51.100.1")).roams, 2);
  clearance.roams = 255;
  EXPECT_EQ(Check(Seal(clearance), VisitorAt("198.51.100.1")).roams, 255);
}

TEST(ClearanceCheckTest, ForgedClearanceCountsNoMeeting) {
  Clearance clearance = Earned();
  clearance.roams = 7;
  EXPECT_EQ(Check(FlipTag(Seal(clearance)), VisitorAt("198.51.100.1")).roams, 0);
}

TEST(ClearanceCheckTest, KeepsClearanceOfTheOtherFamilyAndCountsNoMeeting) {
  const std::string token = Seal(Earned());
  const ClearanceFinding finding = Check(token, VisitorAt("2001:db8::1"));
  EXPECT_EQ(finding.verdict, Verdict::kWrongClient);
  EXPECT_EQ(finding.other_family, token);
  EXPECT_EQ(finding.roams, 0);
}

TEST(ClearanceCheckTest, KeepsNoClearanceOfTheOtherFamilyOfOtherUserAgent) {
  Client client = VisitorAt("2001:db8::1");
  client.user_agent = kOtherUserAgent;
  const ClearanceFinding finding = Check(Seal(Earned()), client);
  EXPECT_TRUE(finding.other_family.empty());
  EXPECT_EQ(finding.roams, 1);
}

TEST(ClearanceCheckTest, KeepsNoExpiredOrForgedClearanceOfTheOtherFamily) {
  const Client client = VisitorAt("2001:db8::1");
  EXPECT_TRUE(Check(Seal(ExpiredSince(1)), client).other_family.empty());
  EXPECT_TRUE(Check(FlipTag(Seal(Earned())), client).other_family.empty());
}

// --- Precedence: of two faults the one further up in docs/wire-format.md is found ---

enum Fault { kWrongSite, kExpired, kNotYetValid, kUnknownKey, kForged, kWrongClient, kFaults };

constexpr Verdict kVerdictOfFault[kFaults] = {Verdict::kWrongSite,   Verdict::kExpired,
                                              Verdict::kNotYetValid, Verdict::kUnknownKey,
                                              Verdict::kForged,      Verdict::kWrongClient};

class ClearancePrecedenceTest : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(ClearancePrecedenceTest, FirstFaultDecides) {
  const auto [first, second] = GetParam();
  Clearance clearance = Earned();
  bool forged = false;
  Client client = Visitor();
  for (const int fault : {first, second}) {
    if (fault == kWrongSite) clearance.site_id = Keys()->site_id() + 1;
    if (fault == kExpired) clearance.expires_at = kNowSeconds - 1;
    if (fault == kNotYetValid) clearance.issued_at = kNowSeconds + 100;
    if (fault == kUnknownKey) clearance.key_id = 99;
    if (fault == kForged) forged = true;
    if (fault == kWrongClient) client = VisitorAt("192.0.3.7");
  }
  std::string token = Seal(clearance);
  if (forged) token = FlipTag(token);
  EXPECT_EQ(Check(token, client).verdict, kVerdictOfFault[first]);
  if (first != kWrongClient) {
    EXPECT_EQ(Check(WithoutTag(token), client).verdict, Verdict::kUnsigned);
  }
}

// Every pair once, and every fault with itself.
std::vector<std::tuple<int, int>> Pairs() {
  std::vector<std::tuple<int, int>> pairs;
  for (int first = 0; first < kFaults; ++first) {
    for (int second = first; second < kFaults; ++second) pairs.emplace_back(first, second);
  }
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(Pairs, ClearancePrecedenceTest, testing::ValuesIn(Pairs()));

}  // namespace
}  // namespace stile
