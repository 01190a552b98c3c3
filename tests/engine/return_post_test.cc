// A browser that comes back from another site with a POST: from a login over OpenID Connect
// (response_mode=form_post) or SAML, or from a payment page.

#include <gtest/gtest.h>

#include <string>

#include "engine/challenge_json.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Navigate;
using fixture::Reply;

// What a browser keeps of a Set-Cookie field, as far as this matters.
struct KeptCookie {
  std::string pair;
  bool secure = false;
  bool none = false;
  bool partitioned = false;

  explicit KeptCookie(const std::string& field)
      : pair(fixture::CookieOf(field)),
        secure(field.find("; Secure") != std::string::npos),
        none(field.find("; SameSite=None") != std::string::npos),
        partitioned(field.find("; Partitioned") != std::string::npos) {}

  // RFC 6265bis section 5.8.3: another site's top-level POST carries SameSite=None alone, and
  // browsers take that from secure cookies alone.
  [[nodiscard]] bool IsSentWithForeignPost() const { return none && secure; }
};

SiteOptions With(SameSite same_site) {
  SiteOptions site = fixture::Site();
  site.same_site = same_site;
  return site;
}

KeptCookie Clear(Door& door) {
  const std::string challenge = door.FreshChallenge();
  return KeptCookie(door.RedeemForm(challenge, fixture::Solve(challenge)).Get("Set-Cookie"));
}

// The login's answer, with the cookie if the browser sends it.
Reply ReturnWith(Door& door, const KeptCookie& cookie) {
  Request request = Navigate("/login/callback");
  request.method = "POST";
  request.origin = "https://login.example";
  request.content_type = fixture::kForm;
  request.sec_fetch_mode = "navigate";
  if (cookie.IsSentWithForeignPost()) request.cookies[request.cookie_count++] = cookie.pair;
  return door.Ask(request);
}

TEST(ReturnPost, OfAClearedClientPassesWithSameSiteNone) {
  Door door(fixture::OneSite(With(SameSite::kNone)));
  const KeptCookie cookie = Clear(door);
  EXPECT_TRUE(cookie.secure);
  EXPECT_TRUE(cookie.none);
  EXPECT_TRUE(cookie.partitioned);
  const Reply reply = ReturnWith(door, cookie);
  EXPECT_EQ(reply.decision.action, Action::kAllow);
  EXPECT_EQ(reply.status, 0);
}

TEST(ReturnPost, OfAClearedClientGetsTheResendPageWithLax) {
  Door door(fixture::OneSite(With(SameSite::kLax)));
  const KeptCookie cookie = Clear(door);
  EXPECT_FALSE(cookie.IsSentWithForeignPost());
  const Reply reply = ReturnWith(door, cookie);
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_NE(fixture::ChallengeIn(reply.body), "");
  // The address comes back from the address bar with the cookie: there the client is known.
  Request again = Navigate("/login/callback");
  again.cookies[again.cookie_count++] = cookie.pair;
  EXPECT_EQ(door.Decide(again).action, Action::kAllow);
}

TEST(ReturnPost, PassesWithLaxWhereARuleAllowsThatPathAlone) {
  PolicySource source = fixture::Source();
  Rule rule;
  rule.name = "login-callback";
  rule.paths = {"/login/callback"};
  rule.methods = {"POST"};
  rule.action = Action::kAllow;
  source.rules.insert(source.rules.begin(), rule);
  SiteOptions site = With(SameSite::kLax);
  site.policy = fixture::PolicyOf(std::move(source));
  Door door(fixture::OneSite(site));
  EXPECT_EQ(ReturnWith(door, Clear(door)).status, 0);
  Request other = Navigate("/login/callback2");
  other.method = "POST";
  EXPECT_EQ(door.Decide(other).action, Action::kChallenge);
}

TEST(ReturnPost, KeepsARenewedClearanceSecureAndPartitioned) {
  Door door(fixture::OneSite(With(SameSite::kNone)));
  Clearance clearance = fixture::Earned();
  clearance.expires_at = fixture::kNowSeconds + 60;
  const std::string cookie = "__Host-stile=" + fixture::Seal(clearance);
  Request request = Navigate("/docs");
  request.cookies[request.cookie_count++] = cookie;
  const Decision decision = door.Decide(request);
  const KeptCookie renewed(
      std::string(door.engine().Renew(request, decision, fixture::kNow, door.worker())));
  EXPECT_TRUE(renewed.secure && renewed.none && renewed.partitioned);
}

}  // namespace
}  // namespace stile
