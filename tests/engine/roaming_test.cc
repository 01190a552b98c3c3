#include <gtest/gtest.h>

#include <string>

#include "challenge/issuer.h"
#include "engine/ask.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::ChallengeIn;
using fixture::Door;
using fixture::Reply;
using fixture::Solve;

constexpr std::size_t kTokenAt = 13;

// A clearance that is met at another network than the one it was earned in.
std::string MovedCookie(std::uint8_t roams) {
  Clearance clearance = fixture::Earned();
  clearance.roams = roams;
  clearance.binding =
      Binding::Of(Client{fixture::Address("198.51.100.1"), fixture::kBrowser}, BindingOptions{});
  return "__Host-stile=" + fixture::Seal(clearance);
}

Reply AskMoved(Door& door, std::uint8_t roams, Request request) {
  const std::string cookie = MovedCookie(roams);
  request.cookies[request.cookie_count++] = cookie;
  return door.Ask(request);
}

TEST(Roaming, CostsNothingTheFirstTime) {
  Door door;
  const Reply reply = AskMoved(door, 0, fixture::Navigate("/"));
  EXPECT_EQ(reply.decision.roams, 1);
  const std::string challenge = ChallengeIn(reply.body);
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).effort, 64u);
  const Clearance earned = fixture::ClearanceOf(
      fixture::CookieOf(door.RedeemForm(challenge, Solve(challenge))).substr(kTokenAt));
  EXPECT_EQ(earned.roams, 1);
  EXPECT_NE(earned.binding.parts & Binding::kAddress, 0);
}

TEST(Roaming, EarnsAnUnboundClearanceForFourTimesThePriceTheSecondTime) {
  Door door;
  const std::string challenge = ChallengeIn(AskMoved(door, 1, fixture::Navigate("/docs")).body);
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).effort, 256u);
  EXPECT_EQ(sealed.claimed_alternative(1).effort, 20'000u);
  const Reply reply = door.RedeemForm(challenge, Solve(challenge));
  const std::string cookie = fixture::CookieOf(reply);
  const Clearance earned = fixture::ClearanceOf(cookie.substr(kTokenAt));
  EXPECT_EQ(earned.roams, 2);
  EXPECT_EQ(earned.binding.parts, Binding::kUserAgent);
  EXPECT_EQ(earned.effort_log2, 8);

  // It holds wherever its client goes.
  for (const std::string_view address : {"192.0.2.7", "203.0.113.5", "2001:db8::1"}) {
    Request request = fixture::Navigate("/");
    request.address = fixture::Address(address);
    request.cookies[request.cookie_count++] = cookie;
    EXPECT_EQ(door.Decide(request).action, Action::kAllow) << address;
  }
}

TEST(Roaming, IsCarriedByAContext) {
  Door door;
  const std::string address = AskMoved(door, 1, fixture::Fetch("/api")).Get("Stile-Challenge");
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(door.FreshChallenge(address)), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).effort, 256u);
}

TEST(Roaming, CountsForTheBareEndpointToo) {
  Door door;
  door.cookie = MovedCookie(1);
  SealedChallenge sealed;
  ASSERT_EQ(sealed.Parse(door.FreshChallenge()), TokenShape::kWellFormed);
  EXPECT_EQ(sealed.claimed_alternative(0).effort, 256u);
}

TEST(Roaming, EndsForAClientWhoseAddressChangesWithEveryRequest) {
  Door door;
  Reply reply = door.Ask(fixture::Navigate("/docs"));
  int tries = 0;
  while (reply.status != 303 && tries < 10) {
    door.address = "198.51." + std::to_string(100 + tries++) + ".1";
    const std::string challenge = ChallengeIn(reply.body);
    reply = door.RedeemForm(challenge, Solve(challenge));
  }
  EXPECT_EQ(reply.status, 303);
  EXPECT_EQ(tries, 3);  // Two bounces, and the third is unbound.
  EXPECT_EQ(reply.Get("Location"), "/docs");
}

TEST(Roaming, DoesNotCountAnotherUserAgent) {
  Door door;
  const std::string challenge = ChallengeIn(door.Ask(fixture::Navigate("/docs")).body);
  Request request = fixture::RedeemWith(fixture::kForm);
  request.user_agent = "curl/8";
  const Reply reply = door.Ask(request, "challenge=" + challenge + "&solution=" + Solve(challenge));
  ASSERT_EQ(reply.status, 403);
  const std::string fresh = ChallengeIn(reply.body);
  request.user_agent = "curl/8";
  const Reply cleared = door.Ask(request, "challenge=" + fresh + "&solution=" + Solve(fresh));
  EXPECT_EQ(fixture::ClearanceOf(fixture::CookieOf(cleared).substr(kTokenAt)).roams, 0);
}

TEST(Offer, RaisesASearchNoHigherThanTheFormatAllows) {
  Level level;
  level.alternative_count = 1;
  level.alternatives[0] = {Puzzle::kSha256, 2, 16, 0, kMaxEffort / 2, 600};
  EXPECT_EQ(OfferOf(level, 1, 600).alternatives[0].effort, kMaxEffort / 2);
  EXPECT_EQ(OfferOf(level, 2, 600).alternatives[0].effort, kMaxEffort);
}

TEST(Offer, RaisesAWaitNoHigherThanCanBeRedeemed) {
  Level level;
  level.alternative_count = 1;
  level.alternatives[0] = {Puzzle::kWait, 1, 0, 0, 5'000, 600};
  EXPECT_EQ(OfferOf(level, 2, 600).alternatives[0].effort, 20'000u);
  EXPECT_EQ(OfferOf(level, 2, 20).alternatives[0].effort, 10'000u);
  level.alternatives[0].lifetime_seconds = 14;
  EXPECT_EQ(OfferOf(level, 2, 600).alternatives[0].effort, 7'000u);
  level.alternatives[0].lifetime_seconds = 6;  // Never lower than it was.
  EXPECT_EQ(OfferOf(level, 2, 600).alternatives[0].effort, 5'000u);
}

}  // namespace
}  // namespace stile
