#include <gtest/gtest.h>

#include <string>

#include "challenge/browser/asset.h"
#include "challenge/browser/page.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::ChallengeIn;
using fixture::Door;
using fixture::Fetch;
using fixture::Navigate;
using fixture::Reply;

std::uint8_t FirstRank(std::string_view challenge) {
  SealedChallenge sealed;
  EXPECT_EQ(sealed.Parse(challenge), TokenShape::kWellFormed);
  return sealed.claimed_alternative(0).rank;
}

TEST(ChallengeEndpoint, IsThePageForANavigation) {
  Door door;
  const Reply reply = door.Ask(Navigate("/.stile/challenge"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Get("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  EXPECT_LE(reply.body.size(), kMaxPage);
  EXPECT_EQ(FirstRank(ChallengeIn(reply.body)), 2);
}

TEST(ChallengeEndpoint, IsJsonForEverythingElse) {
  Door door;
  const Reply reply = door.Ask(Fetch("/.stile/challenge"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Get("Content-Type"), "application/json");
  EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  const std::string expires = "\"expires_at\":" + std::to_string(fixture::kNowSeconds + 600) + ",";
  EXPECT_NE(reply.body.find(expires), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"({"puzzle":"wait","effort":5000,"parts":0,"seconds":5)"),
            std::string::npos);
  EXPECT_NE(reply.body.find(R"("redeem":"/.stile/redeem"})"), std::string::npos);
}

TEST(ChallengeEndpoint, AnswersHeadLikeGet) {
  Door door;
  Request request = Fetch("/.stile/challenge");
  request.method = "HEAD";
  EXPECT_EQ(door.Ask(request).status, 200);
}

TEST(ChallengeEndpoint, TakesAContextThatItCannotBelieveForNone) {
  Door door;
  const std::string address = door.Ask(Fetch("/strict/x")).Get("Stile-Challenge");
  ASSERT_EQ(FirstRank(door.FreshChallenge(address)), 3);
  std::string forged = address;
  forged[forged.size() - 3] = forged[forged.size() - 3] == 'A' ? 'B' : 'A';
  for (const std::string& target :
       {forged, address + "A", std::string("/.stile/challenge?c="),
        std::string("/.stile/challenge?c=AAAA"), std::string("/.stile/challenge?d=x")}) {
    EXPECT_EQ(FirstRank(door.FreshChallenge(target)), 2) << target;
  }
}

TEST(ChallengeEndpoint, TakesAnOldContextForNone) {
  Door door;
  const std::string address = door.Ask(Fetch("/strict/x")).Get("Stile-Challenge");
  door.now = UnixMillis::FromSeconds(fixture::kNowSeconds + 3'599);
  EXPECT_EQ(FirstRank(door.FreshChallenge(address)), 3);
  door.now = UnixMillis::FromSeconds(fixture::kNowSeconds + 3'600);
  EXPECT_EQ(FirstRank(door.FreshChallenge(address)), 2);
}

TEST(ChallengeEndpoint, TakesAContextOfAnotherSiteForNone) {
  EngineOptions options = fixture::OneSite();
  SiteOptions shop = fixture::Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org"};
  options.sites.push_back(shop);
  Door door(std::move(options));
  const std::string address = door.Ask(Fetch("/strict/x")).Get("Stile-Challenge");
  door.host = "shop.example.org";
  EXPECT_EQ(FirstRank(door.FreshChallenge(address)), 2);
}

TEST(ChallengeEndpoint, AsksTheHighestLevelUnderAttack) {
  SiteOptions site = fixture::Site();
  site.mode = GateMode::kAttack;
  Door door(fixture::OneSite(site));
  EXPECT_EQ(FirstRank(door.FreshChallenge()), 3);
  // Also for whoever was sent there in quieter times.
  Door quiet;
  const std::string address = quiet.Ask(Fetch("/x")).Get("Stile-Challenge");
  ASSERT_EQ(FirstRank(quiet.FreshChallenge(address)), 2);
  EXPECT_EQ(FirstRank(door.FreshChallenge(address)), 3);
}

TEST(ChallengeEndpoint, RefusesOtherMethods) {
  Door door;
  for (const std::string_view method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    Request request = Fetch("/.stile/challenge");
    request.method = method;
    const Reply reply = door.Ask(request);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.Get("Allow"), "GET, HEAD") << method;
    EXPECT_EQ(reply.Get("Cache-Control"), "no-store") << method;
  }
}

TEST(AssetEndpoint, ServesEveryAssetForEver) {
  Door door;
  ASSERT_FALSE(Assets().empty());
  for (const Asset& asset : Assets()) {
    const std::string target = "/.stile/assets/" + std::string(asset.name);
    const Reply reply = door.Ask(Fetch(target));
    EXPECT_EQ(reply.status, 200) << target;
    EXPECT_EQ(reply.body, asset.body);
    EXPECT_EQ(reply.Get("Content-Type"), asset.content_type);
    EXPECT_EQ(reply.Get("Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(reply.Get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(reply.Count("Set-Cookie"), 0u);
  }
}

TEST(AssetEndpoint, ServesWhatHasAStableNameForMinutes) {
  Door door;
  ASSERT_FALSE(StableAssets().empty());
  for (const Asset& asset : StableAssets()) {
    const Reply reply = door.Ask(Fetch("/.stile/assets/" + std::string(asset.name) + "?x=1"));
    EXPECT_EQ(reply.status, 200) << asset.name;
    EXPECT_EQ(reply.body, asset.body);
    EXPECT_EQ(reply.Get("Cache-Control"), "public, max-age=300, must-revalidate");
    EXPECT_EQ(reply.Get("ETag"), asset.etag);
  }
}

TEST(AssetEndpoint, ServesWhatThePageNames) {
  Door door;
  const std::string body = door.Ask(Navigate("/")).body;
  std::size_t named = 0;
  for (const Asset& asset : Assets()) {
    if (body.find("/.stile/assets/" + std::string(asset.name)) != std::string::npos) ++named;
  }
  EXPECT_GE(named, 2u);  // A style sheet and a script.
}

TEST(AssetEndpoint, KnowsNothingElse) {
  Door door;
  for (const std::string_view target :
       {"/.stile/assets/", "/.stile/assets/x.js", "/.stile/assets/a/b"}) {
    const Reply reply = door.Ask(Fetch(target));
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.Get("Cache-Control"), "no-store") << target;
  }
}

TEST(AssetEndpoint, RefusesOtherMethods) {
  Door door;
  Request request = Fetch("/.stile/assets/x.js");
  request.method = "POST";
  const Reply reply = door.Ask(request);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Get("Allow"), "GET, HEAD");
}

TEST(UnknownEndpoint, IsNotFound) {
  Door door;
  for (const std::string_view target : {"/.stile/", "/.stile/token2", "/.stile/x/y"}) {
    const Reply reply = door.Ask(Navigate(target));
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.body, R"({"error":"not-found"})");
    EXPECT_EQ(reply.Get("Cache-Control"), "no-store");
  }
}

TEST(RedeemEndpoint, RefusesOtherMethodsForPrograms) {
  Door door;
  for (const std::string_view method : {"GET", "HEAD", "PUT", "OPTIONS"}) {
    Request request = Fetch("/.stile/redeem");
    request.method = method;
    const Reply reply = door.Ask(request);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.Get("Allow"), "POST") << method;
  }
}

TEST(RedeemEndpoint, ShowsAWayOnToWhoeverOpensItsAddress) {
  Door door;
  const Reply reply = door.Ask(Navigate("/.stile/redeem"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.Get("Allow"), "POST");
  EXPECT_EQ(FirstRank(ChallengeIn(reply.body)), 2);
}

}  // namespace
}  // namespace stile
