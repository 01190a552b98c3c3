#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include "engine/engine.h"
#include "engine/site_options.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::CreateError;
using fixture::OneSite;
using fixture::Site;

// The first error of one site changed by `change`.
std::string ErrorWith(const std::function<void(SiteOptions&)>& change) {
  SiteOptions site = Site();
  change(site);
  return CreateError(OneSite(std::move(site)));
}

EngineOptions TwoSites() {
  EngineOptions options = OneSite();
  SiteOptions shop = Site();
  shop.name = "shop";
  shop.hosts = {"shop.example.org"};
  options.sites.push_back(std::move(shop));
  return options;
}

TEST(EngineCreate, TakesTheDefaults) { EXPECT_EQ(CreateError(OneSite(SiteOptions{})), ""); }

TEST(EngineCreate, UsesTheDefaultPolicyWhereThereIsNone) {
  const auto engine = fixture::MakeEngine(OneSite(SiteOptions{}));
  EXPECT_EQ(engine->policy(0).digest(), Policy::Default()->digest());
}

TEST(EngineCreate, RefusesNoSite) {
  EXPECT_EQ(CreateError(EngineOptions{}), "Configure at least one site.");
}

TEST(EngineCreate, RefusesNoTables) {
  const auto engine = Engine::Create(OneSite(), fixture::Keys(), nullptr);
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().front().place, "tables");
}

TEST(EngineCreate, RefusesANameTwice) {
  EngineOptions options = TwoSites();
  options.sites[1].name = "main";
  EXPECT_EQ(CreateError(std::move(options)), "site \"main\": Give each site its own name.");
}

TEST(EngineCreate, RefusesAHostTwice) {
  EngineOptions options = TwoSites();
  options.sites[1].hosts = {"*"};
  EXPECT_EQ(CreateError(std::move(options)),
            "site \"shop\": hosts: \"*\" is named twice: keep it in one place.");
}

TEST(EngineCreate, RefusesToHaveNoDefaultSite) {
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.hosts = {"example.org"}; }).find("host \"*\""),
            std::string::npos);
}

TEST(EngineCreate, RefusesAHostThatIsNone) {
  EXPECT_NE(ErrorWith([](SiteOptions& site) {
              site.hosts.push_back("Example.org:80");
            }).find("\"Example.org:80\" is not a host"),
            std::string::npos);
}

TEST(EngineCreate, RefusesAnEmptyOrOverlongName) {
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.name.clear(); }), "");
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.name.assign(65, 'a'); }), "");
  EXPECT_EQ(ErrorWith([](SiteOptions& site) { site.name.assign(64, 'a'); }), "");
}

TEST(EngineCreate, RefusesBindingsOutsideTheirLimits) {
  for (const int length : {-1, 33}) {
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.binding.ipv4_prefix = length; }), "");
  }
  for (const int length : {-1, 65}) {
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.binding.ipv6_prefix = length; }), "");
  }
  EXPECT_EQ(ErrorWith([](SiteOptions& site) {
              site.binding.ipv4_prefix = 32;
              site.binding.ipv6_prefix = 0;
            }),
            "");
}

TEST(EngineCreate, RefusesLifetimesOutsideTheirLimits) {
  for (const int seconds : {0, 9, 3601}) {
    EXPECT_NE(ErrorWith([&](SiteOptions& site) {
                site.challenge_lifetime = std::chrono::seconds{seconds};
              }),
              "")
        << seconds;
  }
}

TEST(EngineCreate, RefusesALevelThatWaitsAsLongAsAChallengeLives) {
  PolicySource source = fixture::Source();
  source.levels[1].alternatives[1].effort = 60'000;
  SiteOptions site = Site();
  site.policy = fixture::PolicyOf(std::move(source));
  site.challenge_lifetime = std::chrono::seconds{60};
  EXPECT_NE(CreateError(OneSite(site)).find("Level \"light\" waits"), std::string::npos);
  site.challenge_lifetime = std::chrono::seconds{61};
  EXPECT_EQ(CreateError(OneSite(site)), "");
}

TEST(EngineCreate, RefusesACookieDomainThatIsNone) {
  for (const std::string domain : {".example.org", "org", "*.example.org", "EXAMPLE.ORG",
                                   "example.org; Path=/x", "example.org\r\nX: y"}) {
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.cookie_domain = domain; }), "") << domain;
  }
}

TEST(EngineCreate, RefusesACookieDomainThatAHostIsNotIn) {
  EngineOptions options = TwoSites();
  options.sites[1].cookie_domain = "example.com";
  EXPECT_NE(CreateError(std::move(options)).find("\"shop.example.org\""), std::string::npos);
}

TEST(EngineCreate, TakesACookieDomainThatEveryHostIsIn) {
  EngineOptions options = TwoSites();
  options.sites[1].hosts = {"example.org", "*.example.org", "shop.example.org"};
  options.sites[1].cookie_domain = "example.org";
  EXPECT_EQ(CreateError(std::move(options)), "");
}

TEST(EngineCreate, RefusesSameSiteNoneThatIsNeverSecure) {
  EXPECT_NE(ErrorWith([](SiteOptions& site) {
              site.same_site = SameSite::kNone;
              site.secure = SecureCookie::kNever;
            }),
            "");
}

TEST(EngineCreate, RefusesATitleWithLineBreaksAndAForeignContact) {
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.title = "a\r\nb"; }), "");
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.title.clear(); }), "");
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.contact = "javascript:alert(1)"; }), "");
  EXPECT_NE(ErrorWith([](SiteOptions& site) { site.contact = "http://example.org"; }), "");
  EXPECT_EQ(ErrorWith([](SiteOptions& site) { site.contact = "mailto:admin@example.org"; }), "");
}

TEST(EngineCreate, RefusesPageLinksThatLeadElsewhereOrAreNone) {
  for (const std::string text : {"javascript:alert(1)", "http://example.org/", "//example.org/x",
                                 "logo.svg", "/a b", "/a\"b", "https://", "https://a@b/"}) {
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.privacy = text; }), "") << text;
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.logo = text; }), "") << text;
    EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.stylesheet = text; }), "") << text;
  }
  const std::string remote = "https://example.org/privacy";
  EXPECT_EQ(ErrorWith([&](SiteOptions& site) { site.privacy = remote; }), "");
  EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.logo = remote; }), "");
  EXPECT_NE(ErrorWith([&](SiteOptions& site) { site.stylesheet = remote; }), "");
}

TEST(EngineCreate, RefusesAPublicPrefixThatIsNone) {
  for (const std::string prefix : {"", "/", "stile", "/.stile/", "//x", "/a//b", "/..", "/a/./b",
                                   "/a b", "/a?b", "/%61", "/a\"b"}) {
    EngineOptions options = OneSite();
    options.public_prefix = prefix;
    EXPECT_NE(CreateError(std::move(options)), "") << prefix;
  }
  EngineOptions options = OneSite();
  options.public_prefix = "/gate/v1";
  EXPECT_EQ(CreateError(std::move(options)), "");
}

TEST(EngineCreate, ReturnsEveryMistakeAtOnce) {
  EngineOptions options = TwoSites();
  options.public_prefix = "x";
  options.sites[0].hosts = {"Bad"};
  options.sites[1].title.clear();
  const auto engine = Engine::Create(std::move(options), fixture::Keys(), fixture::Tables());
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().size(), 4u) << ToString(engine.error());
}

TEST(EngineCreate, ServesUnderAnotherPrefix) {
  EngineOptions options = OneSite();
  options.public_prefix = "/gate";
  fixture::Door door(std::move(options));
  EXPECT_EQ(door.Decide(fixture::Navigate("/gate/challenge")).action, Action::kServe);
  EXPECT_EQ(door.Decide(fixture::Navigate("/.stile/challenge")).action, Action::kChallenge);
  const fixture::Reply reply = door.Ask(fixture::Fetch("/gate/challenge"));
  EXPECT_NE(reply.body.find("\"redeem\":\"/gate/redeem\""), std::string::npos);
}

}  // namespace
}  // namespace stile
