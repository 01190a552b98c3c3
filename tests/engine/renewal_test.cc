#include "engine/renewal.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/clearance_cookie.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Earned;
using fixture::kNowSeconds;
using fixture::Navigate;

constexpr std::uint32_t kHour = 3'600;
constexpr std::uint32_t kLife = 12 * kHour;  // What `light` gives for its work in door.cc.
constexpr std::uint32_t kDay = 86'400;

// A clearance that is `left` seconds from its end.
Clearance EndingIn(std::uint32_t left, std::uint32_t age = kLife) {
  Clearance clearance = Earned();
  clearance.expires_at = kNowSeconds + left;
  clearance.issued_at = clearance.expires_at - age;
  return clearance;
}

// What a request with `clearance` in its cookie has renewed: a Set-Cookie value, or nothing.
std::string Renewed(Door& door, const Clearance& clearance, Request request = Navigate("/docs")) {
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  request.cookies[request.cookie_count++] = cookie;
  const Engine& engine = door.engine();
  const Decision decision = engine.Decide(request, door.now, door.worker());
  return std::string(engine.Renew(request, decision, door.now, door.worker()));
}

Clearance ClearanceIn(const std::string& set_cookie) {
  const std::string pair = fixture::CookieOf(set_cookie);
  return fixture::ClearanceOf(pair.substr(pair.find('=') + 1, Clearance::kTextSize));
}

TEST(Renewal, IsNotDueWithAQuarterOfItsLifeLeft) {
  Door door;
  EXPECT_EQ(Renewed(door, EndingIn(kLife / 4)), "");
  EXPECT_EQ(Renewed(door, EndingIn(kLife / 2)), "");
  EXPECT_NE(Renewed(door, EndingIn(kLife / 4 - 1)), "");
  EXPECT_NE(Renewed(door, EndingIn(1)), "");
  EXPECT_EQ(door.counters().clearances_renewed.Get(), 2u);
}

TEST(Renewal, ChangesTheExpiryAlone) {
  Door door;
  Clearance clearance = EndingIn(kHour);
  clearance.roams = 1;
  clearance.budget_class = 5;
  Clearance expected = clearance;
  expected.expires_at = kNowSeconds + kLife;
  EXPECT_EQ(ClearanceIn(Renewed(door, clearance)), expected);
}

TEST(Renewal, OfAClearanceThatNoAddressBindsNeedsFourTimesTheWork) {
  Door door;
  Clearance clearance = EndingIn(kHour);
  clearance.roams = 2;
  EXPECT_EQ(Renewed(door, clearance), "");
  clearance.effort_log2 += 1;
  EXPECT_EQ(Renewed(door, clearance), "");
  clearance.effort_log2 += 1;
  EXPECT_NE(Renewed(door, clearance), "");
}

TEST(Renewal, IsACookieLikeTheFirstOne) {
  Door door;
  const std::string field = Renewed(door, EndingIn(kHour));
  EXPECT_EQ(field.substr(0, 13), "__Host-stile=");
  EXPECT_EQ(field.substr(field.find(';')), "; Path=/; Max-Age=" + std::to_string(kLife + 600) +
                                               "; HttpOnly; Secure; SameSite=Lax");
}

TEST(Renewal, GivesAClearanceThatPassesAndIsNotDue) {
  Door door;
  const Clearance renewed = ClearanceIn(Renewed(door, EndingIn(kHour)));
  EXPECT_EQ(Renewed(door, renewed), "");
  Request request = Navigate("/docs");
  const std::string cookie = "__Host-stile=" + fixture::Seal(renewed);
  request.cookies[request.cookie_count++] = cookie;
  door.now = UnixMillis::FromSeconds(kNowSeconds + kLife - 1);
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
  door.now = UnixMillis::FromSeconds(kNowSeconds + kLife);
  EXPECT_EQ(door.Decide(request).action, Action::kChallenge);
}

TEST(Renewal, IsTheSameForRequestsOfTheSameSecond) {
  Door door, other;
  const Clearance clearance = EndingIn(kHour);
  const std::string first = Renewed(door, clearance);
  EXPECT_EQ(Renewed(door, clearance), first);
  EXPECT_EQ(Renewed(other, clearance), first);
  door.now = UnixMillis::FromSeconds(kNowSeconds + 1);
  Clearance later = ClearanceIn(Renewed(door, clearance));
  later.expires_at -= 1;
  EXPECT_EQ(later, ClearanceIn(first));
}

TEST(Renewal, EndsAtFourteenLivesFromTheIssue) {
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[0].lifetime_seconds = 2 * kHour;
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  const std::uint32_t bound = 14 * 2 * kHour;
  // A minute before its end, and an hour from the bound: it is moved to the bound.
  const Clearance near = EndingIn(60, bound - kHour);
  EXPECT_EQ(ClearanceIn(Renewed(door, near)).expires_at, near.issued_at + bound);
  // At the bound there is nothing more to get.
  EXPECT_EQ(Renewed(door, EndingIn(60, bound)), "");
}

TEST(Renewal, EndsAtSevenDaysFromTheIssue) {
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[0].lifetime_seconds = kDay;
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  const Clearance near = EndingIn(60, 7 * kDay - kHour);
  EXPECT_EQ(ClearanceIn(Renewed(door, near)).expires_at, near.issued_at + 7 * kDay);
  EXPECT_EQ(Renewed(door, EndingIn(60, 7 * kDay)), "");
}

TEST(Renewal, NeverShortensAClearance) {
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[0].lifetime_seconds = 60;
  SiteOptions site = fixture::Site();
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  // Of the time when it was 12 hours: already past fourteen minutes, so it runs out.
  EXPECT_EQ(Renewed(door, EndingIn(10)), "");
  const Clearance young = EndingIn(10, 60);
  EXPECT_EQ(ClearanceIn(Renewed(door, young)).expires_at, kNowSeconds + 60);
}

TEST(Renewal, IsNotForAWait) {
  Door door;
  Clearance clearance = EndingIn(60, 600);
  clearance.rank = 1;
  clearance.puzzle = Puzzle::kWait;
  clearance.effort_log2 = 0;
  EXPECT_EQ(Renewed(door, clearance), "");
  Request request = Navigate("/docs");
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
}

TEST(Renewal, IsNotForWorkThatWouldNotDoToday) {
  Door door;
  Clearance cheap = EndingIn(kHour);
  cheap.effort_log2 = 5;  // `light` asks 2^6 now.
  EXPECT_EQ(Renewed(door, cheap), "");
  cheap.effort_log2 = 9;
  EXPECT_NE(Renewed(door, cheap), "");
}

TEST(Renewal, IsNotForALevelThatIsGone) {
  Door door;
  Clearance clearance = EndingIn(kHour);
  clearance.rank = 9;
  EXPECT_EQ(Renewed(door, clearance), "");
}

TEST(Renewal, IsForGetAndUnsafeMethods) {
  Door door;
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    Request request = Navigate("/docs");
    request.method = method;
    EXPECT_NE(Renewed(door, EndingIn(kHour), request), "") << method;
  }
  for (const std::string_view method : {"HEAD", "OPTIONS", "TRACE"}) {
    Request request = Navigate("/docs");
    request.method = method;
    EXPECT_EQ(Renewed(door, EndingIn(kHour), request), "") << method;
  }
}

TEST(Renewal, IsNotForARequestThatItsClearanceDidNotCarry) {
  Door door;
  EXPECT_EQ(Renewed(door, EndingIn(kHour), Navigate("/free/x")), "");
  EXPECT_EQ(Renewed(door, EndingIn(kHour), Navigate("/private/x")), "");
  EXPECT_EQ(Renewed(door, EndingIn(kHour), Navigate("/strict/x")), "");  // Needs rank 3.
  EXPECT_EQ(Renewed(door, EndingIn(kHour), Navigate("/robots.txt")), "");
  EXPECT_EQ(Renewed(door, EndingIn(kHour), Navigate("/.stile/challenge")), "");
}

TEST(Renewal, IsNotForGrace) {
  Door door;
  Request request = Navigate("/docs");
  request.method = "POST";
  Clearance clearance = EndingIn(0);
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  Request graced = request;
  graced.cookies[graced.cookie_count++] = cookie;
  ASSERT_TRUE(door.Decide(graced).by_grace);
  EXPECT_EQ(Renewed(door, clearance, request), "");
}

TEST(Renewal, IsNotForAnotherClient) {
  Door door;
  Request request = Navigate("/docs");
  request.address = fixture::Address("198.51.100.7");
  EXPECT_EQ(Renewed(door, EndingIn(kHour), request), "");
}

TEST(Renewal, IsNotForWhatAModeLetsPass) {
  SiteOptions site = fixture::Site();
  site.mode = GateMode::kShadow;
  Door shadow(fixture::OneSite(site));
  EXPECT_EQ(Renewed(shadow, EndingIn(kHour), Navigate("/strict/x")), "");
  EXPECT_NE(Renewed(shadow, EndingIn(kHour), Navigate("/docs")), "");
  site.mode = GateMode::kOpen;
  Door open(fixture::OneSite(site));
  EXPECT_EQ(Renewed(open, EndingIn(kHour)), "");
}

TEST(Renewal, IsForTheHighestLevelAloneUnderAttack) {
  SiteOptions site = fixture::Site();
  site.mode = GateMode::kAttack;
  Door door(fixture::OneSite(site));
  EXPECT_EQ(Renewed(door, EndingIn(kHour)), "");
  Clearance high = EndingIn(kHour, 6 * kHour);
  high.rank = 3;
  high.effort_log2 = 8;
  EXPECT_NE(Renewed(door, high), "");
}

TEST(Renewal, CanBeSwitchedOff) {
  SiteOptions site = fixture::Site();
  site.renew = false;
  Door door(fixture::OneSite(site));
  EXPECT_EQ(Renewed(door, EndingIn(kHour)), "");
}

TEST(Renewal, RestsWhileKeysAreDegraded) {
  EngineOptions options = fixture::OneSite();
  options.keys_degraded = true;
  Door door(std::move(options));
  EXPECT_EQ(Renewed(door, EndingIn(kHour)), "");
}

TEST(Renewal, KeepsTheClearanceOfTheOtherFamily) {
  Door door;
  Clearance six = Earned();
  six.binding = Binding::Of(Client{fixture::Address("2001:db8::7"), fixture::kBrowser}, {});
  six.expires_at = kNowSeconds + 2 * kLife;
  const std::string other = fixture::Seal(six);
  Request request = Navigate("/docs");
  const std::string cookie = "__Host-stile=" + other;
  request.cookies[request.cookie_count++] = cookie;
  const std::string field = Renewed(door, EndingIn(kHour), request);
  EXPECT_NE(field.find("." + other + "; Path=/"), std::string::npos) << field;
  EXPECT_NE(field.find("; Max-Age=" + std::to_string(2 * kLife + 600) + ";"), std::string::npos)
      << field;
}

// Master 1 signed until noon, master 2 signs from then on.
KeyRing Rotated() {
  std::vector<MasterKey> masters(2);
  masters[0].id = 1;
  masters[0].secret = SecretBytes(std::vector<std::uint8_t>(32, 7));
  masters[1].id = 2;
  masters[1].secret = SecretBytes(std::vector<std::uint8_t>(32, 8));
  masters[1].sign_from = fixture::kNow;
  return KeyRing::Create(std::move(masters), fixture::kNow, std::chrono::hours{48}).value();
}

TEST(Renewal, IsNotUnderAKeyThatSignsNoMore) {
  EngineOptions options = fixture::OneSite();
  auto engine = Engine::Create(std::move(options), Rotated(), fixture::Tables());
  ASSERT_TRUE(engine.has_value());
  Door door;
  door.slot().Publish(std::move(*engine));
  Request request = Navigate("/docs");
  const std::string cookie = "__Host-stile=" + fixture::Seal(EndingIn(kHour));
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
  EXPECT_EQ(Renewed(door, EndingIn(kHour)), "");
  door.now = UnixMillis::FromSeconds(kNowSeconds - 1);
  EXPECT_NE(Renewed(door, EndingIn(kHour)), "");
}

TEST(Renewal, SaysNothingForADefaultDecision) {
  Door door;
  EXPECT_EQ(door.engine().Renew(Navigate("/docs"), Decision{}, fixture::kNow, door.worker()), "");
}

TEST(RenewalBounds, TakeTheShortestLifeThatTheProofWouldEarn) {
  PolicySource source = fixture::Source();
  // `standard` gives `light` for less work than its own, but for two hours.
  source.levels[2].alternatives[1] = {Puzzle::kSha256, 2, 2, 0, 64, 2 * kHour};
  source.levels[2].earns[1] = "light";
  source.levels[2].alternative_count = 2;
  const Renewal renewal(*fixture::PolicyOf(std::move(source)));
  const Clearance due = EndingIn(2 * kHour / 4 - 1);
  EXPECT_EQ(renewal.ExpiryOf(due, kNowSeconds), kNowSeconds + 2 * kHour);
  const Clearance early = EndingIn(kHour);
  EXPECT_EQ(renewal.ExpiryOf(early, kNowSeconds), early.expires_at);
}

TEST(RenewalBounds, StayInside32Bits) {
  const Renewal renewal(*fixture::PolicyOf(fixture::Source()));
  Clearance last = Earned();
  last.issued_at = 0xFFFFFFFF - kHour;
  last.expires_at = 0xFFFFFFFF - 5;
  EXPECT_EQ(renewal.ExpiryOf(last, std::int64_t{0xFFFFFFFF} - 10), 0xFFFFFFFF);
}

TEST(RenewalBounds, ReachNothingWithoutAPolicy) {
  const Renewal renewal;
  EXPECT_EQ(renewal.reach(), 0);
  const Clearance clearance = EndingIn(1);
  EXPECT_EQ(renewal.ExpiryOf(clearance, kNowSeconds), clearance.expires_at);
}

}  // namespace
}  // namespace stile
