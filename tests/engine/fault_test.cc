#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "challenge/browser/page.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;

EngineOptions Degraded() {
  EngineOptions options = fixture::OneSite();
  options.keys_degraded = true;
  return options;
}

TEST(DegradedKeys, FollowTheRulesOnFault) {
  Door door(Degraded());
  EXPECT_EQ(door.Decide(Navigate("/open/x")).action, Action::kAllow);
  EXPECT_EQ(door.Decide(Navigate("/closed/x")).action, Action::kDeny);
  EXPECT_EQ(door.Decide(Navigate("/strict/x")).action, Action::kChallenge);
  EXPECT_EQ(door.Decide(Navigate("/")).action, Action::kChallenge);
}

TEST(DegradedKeys, OfOneSiteLeaveTheOthersAlone) {
  EngineOptions options = fixture::OneSite();
  SiteOptions other = fixture::Site();
  other.name = "other";
  other.hosts = {"other.example.org"};
  other.keys_degraded = true;
  options.sites.push_back(std::move(other));
  Door door(std::move(options));
  Request request = Navigate("/open/x");
  EXPECT_EQ(door.Decide(request).action, Action::kChallenge);
  request.host = "other.example.org";
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
}

TEST(SiteKeyRing, OfOneSiteSignsForThatSiteAlone) {
  std::vector<MasterKey> masters(1);
  masters[0].id = 1;
  masters[0].secret = SecretBytes(std::vector<std::uint8_t>(32, 9));
  auto ring = KeyRing::Create(std::move(masters), fixture::kNow);
  ASSERT_TRUE(ring);
  EngineOptions options = fixture::OneSite();
  options.sites[0].keys = std::make_shared<const KeyRing>(*std::move(ring));
  Door own(std::move(options));
  Door common;
  const std::string cookie = "__Host-stile=" + fixture::Seal(fixture::Earned());
  Request request = Navigate("/");
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(common.Decide(request).verdict, Verdict::kValid);
  EXPECT_EQ(own.Decide(request).verdict, Verdict::kForged);
}

TEST(DegradedKeys, LeaveEveryOtherDecisionAlone) {
  Door door(Degraded());
  EXPECT_EQ(door.Decide(Navigate("/free/x")).action, Action::kAllow);
  EXPECT_EQ(door.Decide(Navigate("/private/x")).action, Action::kDeny);
  EXPECT_EQ(door.Decide(Navigate("/.stile/challenge")).action, Action::kServe);
  const std::string cookie = "__Host-stile=" + fixture::Seal(fixture::Earned());
  Request request = Navigate("/closed/x");
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
}

TEST(DegradedKeys, CallNobodyDenied) {
  Door door(Degraded());
  const Reply page = door.Ask(Navigate("/closed/x"));
  EXPECT_EQ(page.decision.action, Action::kDeny);
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.Get("Retry-After"), "30");
  EXPECT_EQ(page.Get("Content-Type"), "text/html; charset=utf-8");
  const Reply json = door.Ask(Fetch("/closed/x"));
  EXPECT_EQ(json.status, 503);
  EXPECT_EQ(fixture::WithoutReference(json.body), R"({"error":"unavailable"})");
}

TEST(DegradedKeys, DenyWhatTheRulesDeny) {
  Door door(Degraded());
  const Reply json = door.Ask(Fetch("/private/x"));
  EXPECT_EQ(json.status, 403);
  EXPECT_EQ(fixture::WithoutReference(json.body), R"({"error":"denied"})");
}

TEST(DegradedKeys, AreCountedAsWhatWasDone) {
  Door door(Degraded());
  door.Decide(Navigate("/closed/x"));
  EXPECT_EQ(door.counters()
                .decisions[0][static_cast<std::size_t>(Action::kDeny)]
                          [static_cast<std::size_t>(Verdict::kAbsent)]
                .Get(),
            1u);
}

TEST(GoodKeys, IgnoreOnFault) {
  Door door;
  EXPECT_EQ(door.Decide(Navigate("/open/x")).action, Action::kChallenge);
  EXPECT_EQ(door.Decide(Navigate("/closed/x")).action, Action::kChallenge);
}

// A door past the horizon of its keys: nothing can be signed.
void Exhaust(Door& door) { door.now = fixture::kNow + std::chrono::hours{24 * 30}; }

TEST(IssueFailure, IsAnUnavailablePageForANavigation) {
  Door door;
  Exhaust(door);
  const Reply reply = door.Ask(Navigate("/"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.Get("Retry-After"), "30");
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.body.find("<form"), std::string::npos);
  EXPECT_LE(reply.body.size(), kMaxPage);
  EXPECT_EQ(door.counters().issue_failures.Get(), 1u);
  EXPECT_EQ(door.counters().challenges_issued.Get(), 0u);
}

TEST(IssueFailure, IsJsonForEverythingElse) {
  Door door;
  Exhaust(door);
  const Reply reply = door.Ask(Fetch("/"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.Get("Retry-After"), "30");
  EXPECT_EQ(fixture::WithoutReference(reply.body), R"({"error":"unavailable"})");
  EXPECT_EQ(reply.Count("Stile-Challenge"), 0u);
  EXPECT_EQ(door.counters().issue_failures.Get(), 1u);
}

TEST(IssueFailure, LetsPassWhereTheRuleIsOpen) {
  Door door;
  Exhaust(door);
  for (const Request& request : {Navigate("/open/x"), Fetch("/open/x")}) {
    const Reply reply = door.Ask(request);
    EXPECT_EQ(reply.status, 0);
    EXPECT_TRUE(reply.fields.empty());
    EXPECT_EQ(reply.body, "");
  }
}

TEST(IssueFailure, StaysShutWhereTheRuleIsClosed) {
  Door door;
  Exhaust(door);
  EXPECT_EQ(door.Ask(Navigate("/closed/x")).status, 503);
}

TEST(IssueFailure, IsUnavailableAtTheEndpoints) {
  Door door;
  Exhaust(door);
  EXPECT_EQ(door.Ask(Navigate("/.stile/challenge")).status, 503);
  EXPECT_EQ(door.Ask(Fetch("/.stile/challenge")).status, 503);
  EXPECT_EQ(door.Ask(fixture::RedeemWith(fixture::kForm), "challenge=x").status, 503);
  const Reply json = door.RedeemJson("x", "y");
  EXPECT_EQ(json.status, 503);
  EXPECT_EQ(json.Get("Retry-After"), "30");
  EXPECT_EQ(json.Count("Retry-After"), 1u);
  EXPECT_EQ(json.Count("Stile-Challenge"), 0u);
}

TEST(IssueFailure, DoesNotTouchDenials) {
  Door door;
  Exhaust(door);
  EXPECT_EQ(door.Ask(Navigate("/private/x")).status, 403);
}

}  // namespace
}  // namespace stile
