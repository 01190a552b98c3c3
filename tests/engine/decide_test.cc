#include <gtest/gtest.h>

#include <string>

#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::Door;
using fixture::Earned;
using fixture::Navigate;
using fixture::Seal;

// The decision about a navigation with this clearance.
Decision With(Door& door, std::string_view token, std::string_view target = "/") {
  const std::string cookie = "a=1; __Host-stile=" + std::string(token);
  Request request = Navigate(target);
  request.cookies[request.cookie_count++] = cookie;
  return door.Decide(request);
}

TEST(Decide, AllowsAValidClearance) {
  Door door;
  const Decision decision = With(door, Seal(Earned()));
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_EQ(decision.verdict, Verdict::kValid);
  EXPECT_EQ(decision.rank_held, 2);
}

// Each verdict by what alone is wrong with the clearance.
struct Refusal {
  const char* name;
  Verdict verdict;
  std::string (*token)();
};

std::string Flipped(std::string token) {
  token.back() = token.back() == 'A' ? 'B' : 'A';
  return token;
}

const Refusal kRefusals[] = {
    {"Absent", Verdict::kAbsent, [] { return std::string(); }},
    {"Unsigned", Verdict::kUnsigned, [] { return Seal(Earned()).substr(0, 70) + "A"; }},
    {"Malformed", Verdict::kMalformed, [] { return Seal(Earned()).substr(0, 80); }},
    {"WrongSite", Verdict::kWrongSite,
     [] {
       Clearance clearance = Earned();
       clearance.site_id = SiteId("other");
       return Seal(clearance, "other");
     }},
    {"Expired", Verdict::kExpired,
     [] {
       Clearance clearance = Earned();
       clearance.expires_at = fixture::kNowSeconds;
       return Seal(clearance);
     }},
    {"NotYetValid", Verdict::kNotYetValid,
     [] {
       Clearance clearance = Earned();
       clearance.issued_at = fixture::kNowSeconds + 61;
       return Seal(clearance);
     }},
    {"UnknownKey", Verdict::kUnknownKey,
     [] {
       Clearance clearance = Earned();
       clearance.key_id = 9;
       return Seal(clearance);
     }},
    {"Forged", Verdict::kForged, [] { return Flipped(Seal(Earned())); }},
    {"WrongClient", Verdict::kWrongClient,
     [] {
       Clearance clearance = Earned();
       clearance.binding = Binding::Of(Client{fixture::Address("198.51.100.1"), fixture::kBrowser},
                                       BindingOptions{});
       return Seal(clearance);
     }},
};

class DecideRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(DecideRefusal, ChallengesAndCountsTheVerdict) {
  Door door;
  const Decision decision = With(door, GetParam().token());
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, GetParam().verdict);
  EXPECT_EQ(decision.rank_held, 0);
  EXPECT_EQ(decision.level_rank, 2);
  const auto cell = static_cast<std::size_t>(GetParam().verdict);
  EXPECT_EQ(door.counters().decisions[0][static_cast<std::size_t>(Action::kChallenge)][cell].Get(),
            1u);
}

INSTANTIATE_TEST_SUITE_P(Each, DecideRefusal, testing::ValuesIn(kRefusals),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Decide, RefusesEverySingleFlippedCharacter) {
  Door door;
  const std::string token = Seal(Earned());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string flipped = token;
    flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(With(door, flipped).action, Action::kChallenge) << i;
  }
}

TEST(Decide, FollowsThePolicy) {
  Door door;
  EXPECT_EQ(door.Decide(Navigate("/free/x")).action, Action::kAllow);
  EXPECT_EQ(door.Decide(Navigate("/private/x")).action, Action::kDeny);
  EXPECT_EQ(With(door, Seal(Earned()), "/private/x").action, Action::kDeny);
  EXPECT_EQ(door.Decide(Navigate("/robots.txt")).action, Action::kAllow);
}

TEST(Decide, ChallengesAClearanceOfALowerRank) {
  Door door;
  const Decision decision = With(door, Seal(Earned()), "/strict/x");
  EXPECT_EQ(decision.action, Action::kChallenge);
  EXPECT_EQ(decision.verdict, Verdict::kValid);
  EXPECT_EQ(decision.level_rank, 3);
}

TEST(Decide, LetsWaitersPassWhereWaitingIsOffered) {
  Door door;
  Clearance clearance = Earned();
  clearance.rank = 1;
  clearance.puzzle = Puzzle::kWait;
  clearance.effort_log2 = 0;
  EXPECT_EQ(With(door, Seal(clearance)).action, Action::kAllow);
}

TEST(Decide, CarriesAFormThroughTheGrace) {
  Door door;
  Clearance clearance = Earned();
  clearance.expires_at = fixture::kNowSeconds - 1;
  const std::string cookie = "__Host-stile=" + Seal(clearance);
  Request request = Navigate("/");
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).action, Action::kChallenge);
  request.method = "POST";
  const Decision decision = door.Decide(request);
  EXPECT_EQ(decision.action, Action::kAllow);
  EXPECT_TRUE(decision.by_grace);
}

TEST(Decide, LooksForTheCookieOfTheScheme) {
  Door door;
  const std::string plain = "stile=" + Seal(Earned());
  const std::string secure = "__Host-stile=" + Seal(Earned());
  Request request = Navigate("/");
  request.cookie_count = 1;
  request.cookies[0] = plain;
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kAbsent);
  request.https = false;
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kValid);
  request.cookies[0] = secure;
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kAbsent);
}

TEST(Decide, LooksForTheCookieThatTheSiteAlwaysSets) {
  SiteOptions site = fixture::Site();
  site.secure = SecureCookie::kAlways;
  site.cookie_domain = "example.org";
  Door door(fixture::OneSite(site));
  const std::string cookie = "__Secure-stile=" + Seal(Earned());
  Request request = Navigate("/");
  request.https = false;
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kValid);
}

TEST(Decide, ServesItsOwnEndpointsUngated) {
  Door door;
  for (const std::string_view target :
       {"/.stile/challenge", "/.stile/redeem", "/.stile/assets/x", "/.stile/none", "/.stile/"}) {
    const Decision decision = door.Decide(Navigate(target));
    EXPECT_EQ(decision.action, Action::kServe) << target;
    EXPECT_EQ(decision.verdict, Verdict::kNone) << target;
  }
  EXPECT_EQ(door.counters().decisions[0][static_cast<std::size_t>(Action::kServe)][0].Get(), 5u);
}

TEST(Decide, GatesWhatOnlyLooksLikeAnEndpoint) {
  Door door;
  EXPECT_EQ(door.Decide(Navigate("/.stile/../secret")).action, Action::kChallenge);
  EXPECT_EQ(door.Decide(Navigate("/.stile/%2e%2e/private/x")).action, Action::kDeny);
  EXPECT_EQ(door.Decide(Navigate("/.stilex")).action, Action::kChallenge);
}

TEST(Decide, LetsEverythingPassInOpenAndShadowMode) {
  for (const GateMode mode : {GateMode::kOpen, GateMode::kShadow}) {
    SiteOptions site = fixture::Site();
    site.mode = mode;
    Door door(fixture::OneSite(site));
    for (const std::string_view target : {"/", "/private/x", "/strict/x"}) {
      const Decision decision = door.Decide(Navigate(target));
      EXPECT_EQ(decision.action, Action::kAllow) << target;
      EXPECT_TRUE(decision.by_mode) << target;
    }
  }
}

TEST(Decide, AsksTheHighestLevelUnderAttack) {
  SiteOptions site = fixture::Site();
  site.mode = GateMode::kAttack;
  Door door(fixture::OneSite(site));
  EXPECT_EQ(door.Decide(Navigate("/")).level_rank, 3);
  EXPECT_EQ(With(door, Seal(Earned())).action, Action::kChallenge);
  EXPECT_EQ(door.Decide(Navigate("/free/x")).action, Action::kAllow);
}

// A second site for one host, with an open gate so that it can be told from the first.
EngineOptions TwoSites() {
  EngineOptions options = fixture::OneSite();
  SiteOptions shop = fixture::Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org", "*.shop.example.org"};
  shop.mode = GateMode::kOpen;
  options.sites.push_back(shop);
  return options;
}

TEST(Decide, ChoosesTheSiteByHost) {
  Door door(TwoSites());
  Request request = Navigate("/");
  for (const std::string_view host :
       {"shop.example.org", "SHOP.example.org", "a.shop.example.org"}) {
    request.host = host;
    EXPECT_EQ(door.Decide(request).action, Action::kAllow) << host;
  }
  for (const std::string_view host : {"example.org", "", "xshop.example.org"}) {
    request.host = host;
    EXPECT_EQ(door.Decide(request).action, Action::kChallenge) << host;
  }
}

TEST(Decide, PrefersTheSiteThatADoorIsPinnedTo) {
  Door door(TwoSites());
  Request request = Navigate("/");
  request.site = 1;
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
  request.host = "shop.example.org";
  request.site = 0;
  EXPECT_EQ(door.Decide(request).action, Action::kChallenge);
  request.site = 7;  // No such site.
  EXPECT_EQ(door.Decide(request).action, Action::kAllow);
}

TEST(Decide, RefusesTheClearanceOfAnotherSite) {
  EngineOptions options = fixture::OneSite();
  SiteOptions shop = fixture::Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org"};
  options.sites.push_back(shop);
  Door door(std::move(options));
  const std::string cookie = "__Host-stile=" + Seal(Earned());
  Request request = Navigate("/");
  request.host = "shop.example.org";
  request.cookies[request.cookie_count++] = cookie;
  EXPECT_EQ(door.Decide(request).verdict, Verdict::kWrongSite);
}

TEST(Decide, WantsABodyOnlyForRedeem) {
  Door door;
  Request request = fixture::RedeemWith(fixture::kForm);
  EXPECT_TRUE(door.engine().WantsBody(request));
  request.target = "/.stile/redeem?x=1";
  EXPECT_TRUE(door.engine().WantsBody(request));
  request.target = "/.stile/challenge";
  EXPECT_FALSE(door.engine().WantsBody(request));
  request.target = "/upload";
  EXPECT_FALSE(door.engine().WantsBody(request));
  request.target = "/.stile/redeem";
  request.method = "GET";
  EXPECT_FALSE(door.engine().WantsBody(request));
}

TEST(StripClearance, TakesOutBothCookiesOfTheSite) {
  Door door;
  const std::string cookie = "a=1; __Host-stile=x.y; stile=z; b=2; __Secure-stile=k";
  std::string out(cookie.size(), '?');
  out.resize(door.engine().StripClearance(cookie, 0, out));
  EXPECT_EQ(out, "a=1; b=2; __Secure-stile=k");
}

TEST(StripClearance, TakesOutTheDomainCookieWhereThatIsTheSites) {
  SiteOptions site = fixture::Site();
  site.cookie_domain = "example.org";
  Door door(fixture::OneSite(site));
  const std::string cookie = "__Secure-stile=k; a=1; stile=z";
  std::string out(cookie.size(), '?');
  out.resize(door.engine().StripClearance(cookie, 0, out));
  EXPECT_EQ(out, "a=1");
}

}  // namespace
}  // namespace stile
