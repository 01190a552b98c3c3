#include <gtest/gtest.h>

#include <string>

#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Reply;
using fixture::Solve;

// The Set-Cookie field without its value, so that attributes can be compared.
std::string Attributes(const Reply& reply) {
  const std::string field = reply.Get("Set-Cookie");
  const std::size_t equals = field.find('=');
  return field.substr(0, equals) + field.substr(std::min(field.find(';'), field.size()));
}

Reply Redeem(Door& door) {
  const std::string challenge = door.FreshChallenge();
  return door.RedeemForm(challenge, Solve(challenge));
}

Reply RedeemAt(SiteOptions site, bool https, std::string_view host = "example.org") {
  Door door(fixture::OneSite(std::move(site)));
  door.https = https;
  door.host = host;
  return Redeem(door);
}

// Twelve hours, and ten minutes of grace.
constexpr std::string_view kAge = "43800";

TEST(RedeemCookie, IsAHostCookieOverHttps) {
  EXPECT_EQ(
      Attributes(RedeemAt(fixture::Site(), true)),
      "__Host-stile; Path=/; Max-Age=" + std::string(kAge) + "; HttpOnly; Secure; SameSite=Lax");
}

TEST(RedeemCookie, IsAPlainCookieOverHttp) {
  EXPECT_EQ(Attributes(RedeemAt(fixture::Site(), false)),
            "stile; Path=/; Max-Age=" + std::string(kAge) + "; HttpOnly; SameSite=Lax");
}

TEST(RedeemCookie, IsSecureWhereItAlwaysIs) {
  SiteOptions site = fixture::Site();
  site.secure = SecureCookie::kAlways;
  EXPECT_EQ(Attributes(RedeemAt(site, false)).rfind("__Host-stile; ", 0), 0u);
}

TEST(RedeemCookie, IsPlainWhereItNeverIsSecure) {
  SiteOptions site = fixture::Site();
  site.secure = SecureCookie::kNever;
  EXPECT_EQ(Attributes(RedeemAt(site, true)),
            "stile; Path=/; Max-Age=" + std::string(kAge) + "; HttpOnly; SameSite=Lax");
}

TEST(RedeemCookie, CarriesItsDomain) {
  SiteOptions site = fixture::Site();
  site.cookie_domain = "example.org";
  EXPECT_EQ(Attributes(RedeemAt(site, true, "www.example.org")),
            "__Secure-stile; Path=/; Domain=example.org; Max-Age=" + std::string(kAge) +
                "; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(Attributes(RedeemAt(site, false)), "stile; Path=/; Domain=example.org; Max-Age=" +
                                                   std::string(kAge) + "; HttpOnly; SameSite=Lax");
}

TEST(RedeemCookie, LeavesOutADomainThatTheHostIsNotIn) {
  SiteOptions site = fixture::Site();
  site.cookie_domain = "example.org";
  EXPECT_EQ(
      Attributes(RedeemAt(site, true, "localhost")),
      "__Secure-stile; Path=/; Max-Age=" + std::string(kAge) + "; HttpOnly; Secure; SameSite=Lax");
}

TEST(RedeemCookie, IsPartitionedForEmbeddedSites) {
  SiteOptions site = fixture::Site();
  site.same_site = SameSite::kNone;
  EXPECT_EQ(Attributes(RedeemAt(site, true)), "__Host-stile; Path=/; Max-Age=" + std::string(kAge) +
                                                  "; HttpOnly; Secure; SameSite=None; Partitioned");
  EXPECT_EQ(Attributes(RedeemAt(site, false)),
            "stile; Path=/; Max-Age=" + std::string(kAge) + "; HttpOnly; SameSite=Lax");
}

TEST(RedeemCookie, LastsAsLongAsTheClearanceHasLeftAndItsGrace) {
  Door door;
  const std::string challenge = door.FreshChallenge();
  door.now = fixture::kNow + std::chrono::seconds{100};
  const Reply reply = door.RedeemForm(challenge, Solve(challenge));
  EXPECT_NE(reply.Get("Set-Cookie").find("; Max-Age=43700;"), std::string::npos);
}

constexpr std::size_t kTokenAt = 13;  // After "__Host-stile=".

TEST(RedeemCookie, KeepsTheClearanceOfTheOtherFamily) {
  Door door;
  const std::string v4 = fixture::CookieOf(Redeem(door));
  const std::string v4_token = v4.substr(kTokenAt);

  door.cookie = v4;
  door.address = "2001:db8:0:100::1";
  const std::string both = fixture::CookieOf(Redeem(door));
  ASSERT_EQ(both.size(), kTokenAt + 2 * Clearance::kTextSize + 1);
  EXPECT_EQ(both.substr(kTokenAt + Clearance::kTextSize + 1), v4_token);

  // The one cookie now opens the way over both.
  for (const std::string_view address : {"192.0.2.7", "2001:db8:0:100::1"}) {
    Request request = fixture::Navigate("/");
    request.address = fixture::Address(address);
    request.cookies[request.cookie_count++] = both;
    EXPECT_EQ(door.Decide(request).verdict, Verdict::kValid) << address;
  }
}

TEST(RedeemCookie, ReplacesTheClearanceOfTheSameFamily) {
  Door door;
  door.cookie = fixture::CookieOf(Redeem(door));
  EXPECT_EQ(fixture::CookieOf(Redeem(door)).size(), kTokenAt + Clearance::kTextSize);
}

TEST(RedeemCookie, TakesAMappedAddressForIpv4) {
  Door door;
  door.cookie = fixture::CookieOf(Redeem(door));
  door.address = "::ffff:192.0.2.9";
  EXPECT_EQ(fixture::CookieOf(Redeem(door)).size(), kTokenAt + Clearance::kTextSize);
}

TEST(RedeemCookie, DropsAForgedClearanceOfTheOtherFamily) {
  Door door;
  std::string v4 = fixture::CookieOf(Redeem(door));
  v4.back() = v4.back() == 'A' ? 'B' : 'A';
  door.cookie = v4;
  door.address = "2001:db8:0:100::1";
  EXPECT_EQ(fixture::CookieOf(Redeem(door)).size(), kTokenAt + Clearance::kTextSize);
}

TEST(RedeemCookie, LastsAsLongAsTheLongerOfItsTokens) {
  Door door;
  const std::string v4 = fixture::CookieOf(Redeem(door));
  door.cookie = v4;
  door.address = "2001:db8:0:100::1";
  const std::string challenge = door.FreshChallenge();
  door.now = fixture::kNow + std::chrono::milliseconds{5'000};
  // A wait lasts ten minutes; the other token twelve hours.
  const Reply reply = door.RedeemForm(challenge, fixture::WaitSolution());
  EXPECT_NE(reply.Get("Set-Cookie").find("; Max-Age=43795;"), std::string::npos)
      << reply.Get("Set-Cookie");
}

}  // namespace
}  // namespace stile
