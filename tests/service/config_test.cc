#include "service/config.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/config_address.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::ElementsAre;

Config Parsed(std::string_view text) {
  auto config = ParseConfig(text, "stile.toml");
  if (!config) {
    ADD_FAILURE() << ToString(config.error());
    return Config();
  }
  return *std::move(config);
}

// The first TOML block of docs/operations.md.
std::string DocumentedExample() {
  std::ostringstream text;
  text << std::ifstream(STILE_SOURCE_DIR "/docs/operations.md").rdbuf();
  const std::string page = text.str();
  const std::size_t begin = page.find("```toml\n");
  const std::size_t end = page.find("\n```", begin + 1);
  if (begin == std::string::npos || end == std::string::npos) return "";
  return page.substr(begin + 8, end - begin - 7);
}

TEST(ConfigTest, DocumentedExampleSaysWhatItShows) {
  const Config config = Parsed(DocumentedExample());
  ASSERT_EQ(config.listeners.size(), 1U);
  EXPECT_EQ(ToString(config.listeners[0].address), "127.0.0.1:8080");
  EXPECT_EQ(config.listeners[0].mode, ListenerMode::kGateway);
  EXPECT_EQ(config.listeners[0].client_address, ClientAddressSource::kPeer);
  ASSERT_EQ(config.sites.size(), 1U);
  const SiteConfig& site = config.sites[0];
  EXPECT_EQ(site.options.name, "main");
  EXPECT_THAT(site.options.hosts, ElementsAre("*"));
  EXPECT_EQ(ToString(config.upstreams.at(0)), "127.0.0.1:3000");
  EXPECT_EQ(site.policy_file, "policy.toml");
  EXPECT_EQ(site.options.secure, SecureCookie::kAuto);
  EXPECT_EQ(site.options.same_site, SameSite::kLax);
  EXPECT_EQ(site.options.binding.ipv4_prefix, 24);
  EXPECT_EQ(site.options.binding.ipv6_prefix, 56);
  EXPECT_TRUE(site.options.binding.user_agent);
  EXPECT_EQ(site.options.title, "One moment");
  EXPECT_EQ(site.options.contact, "mailto:admin@example.org");
  EXPECT_EQ(config.keys_file, "keys.toml");
  EXPECT_EQ(ToString(config.metrics), "127.0.0.1:9464");
  EXPECT_EQ(config.control_socket, "/run/stile/control.sock");
  EXPECT_EQ(config.state_directory, "/var/lib/stile");
  EXPECT_EQ(config.limits.drain_timeout, std::chrono::seconds{30});
}

TEST(ConfigTest, EveryDocumentedKeyIsRead) {
  const Config config = Parsed(R"(public_prefix = "/gate"
[[listener]]
address = "[::1]:0"
mode = "public"
client_address = "x-forwarded-for"
trusted_peers = ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]
site = "shop"
[[listener]]
address = "unix:check.sock"
socket_mode = "0666"
socket_group = "www-data"
client_address = "x-real-ip"
trusted_peers = ["unix"]
[[site]]
name = "shop"
hosts = ["Shop.Example.org", "*.shop.example.org", "[::1]"]
upstream = "unix:app.sock"
mode = "attack"
challenge_lifetime = "5m"
[site.cookie]
secure = true
same_site = "none"
domain = "example.org"
renew = false
[site.page]
privacy = "https://example.org/privacy"
logo = "/static/logo.svg"
stylesheet = "/static/stile.css?v=2"
[site.binding]
ipv4_prefix = 32
ipv6_prefix = 64
user_agent = false
[[site]]
name = "rest"
hosts = ["*"]
upstream = "http://app.internal"
[node]
id = 513
[log]
level = "debug"
[sha256]
per_prefix = { requests = 20, per = "1m", burst = 25 }
global = { requests = 400, per = "10s" }
[wait]
per_prefix = { requests = 5, per = "1m" }
global = { requests = 50, per = "10s", burst = 7 }
ipv4_prefix = 20
ipv6_prefix = 48
[budgets]
clearances = 1000
cleared_prefixes = 2000
uncleared_prefixes = 3000
uncleared_rings = 4000
[limits]
head_timeout = "1s"
idle_timeout = "2s"
upstream_connect_timeout = "3s"
upstream_timeout = "4s"
body_timeout = "5s"
overload = "6s"
max_head = 4096
max_body = 1000
max_connections = 7
max_idle_upstream = 0
loops = 3
)");
  EXPECT_EQ(config.public_prefix, "/gate");
  ASSERT_EQ(config.listeners.size(), 2U);
  EXPECT_EQ(ToString(config.listeners[0].address), "[::1]:0");
  EXPECT_EQ(config.listeners[0].mode, ListenerMode::kPublic);
  EXPECT_EQ(config.listeners[0].client_address, ClientAddressSource::kXForwardedFor);
  ASSERT_EQ(config.listeners[0].trusted_peers.size(), 3U);
  EXPECT_EQ(config.listeners[0].trusted_peers[1].length, 32);
  EXPECT_EQ(config.listeners[0].trusted_peers[2].length, 32);
  EXPECT_EQ(config.listeners[0].site, "shop");
  EXPECT_TRUE(config.listeners[1].trust_unix);
  EXPECT_EQ(config.listeners[1].address.path, "check.sock");
  EXPECT_EQ(config.listeners[1].address.socket_mode, 0666U);
  EXPECT_EQ(config.listeners[1].address.socket_group, "www-data");
  const SiteOptions& shop = config.sites[0].options;
  EXPECT_THAT(shop.hosts, ElementsAre("shop.example.org", "*.shop.example.org", "[::1]"));
  EXPECT_EQ(ToString(config.upstreams.at(0)), "unix:app.sock");
  EXPECT_EQ(shop.mode, GateMode::kAttack);
  EXPECT_EQ(shop.challenge_lifetime, std::chrono::minutes{5});
  EXPECT_EQ(shop.secure, SecureCookie::kAlways);
  EXPECT_EQ(shop.same_site, SameSite::kNone);
  EXPECT_EQ(shop.cookie_domain, "example.org");
  EXPECT_FALSE(shop.renew);
  EXPECT_EQ(shop.privacy, "https://example.org/privacy");
  EXPECT_EQ(shop.logo, "/static/logo.svg");
  EXPECT_EQ(shop.stylesheet, "/static/stile.css?v=2");
  EXPECT_TRUE(config.sites[1].options.renew);
  EXPECT_EQ(config.sites[1].options.logo, "");
  EXPECT_EQ(config.node, 513);
  EXPECT_EQ(shop.binding.ipv4_prefix, 32);
  EXPECT_EQ(shop.binding.ipv6_prefix, 64);
  EXPECT_FALSE(shop.binding.user_agent);
  EXPECT_EQ(ToString(config.upstreams.at(1)), "app.internal:80");
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
  EXPECT_EQ(config.redeem_limits.sha256_per_prefix.count, 20U);
  EXPECT_EQ(config.redeem_limits.sha256_per_prefix.burst, 25U);
  EXPECT_EQ(config.redeem_limits.sha256_global.count, 400U);
  EXPECT_EQ(config.redeem_limits.sha256_global.period, std::chrono::seconds{10});
  EXPECT_EQ(config.redeem_limits.wait_per_prefix.count, 5U);
  EXPECT_EQ(config.redeem_limits.wait_per_prefix.burst, 5U);
  EXPECT_EQ(config.redeem_limits.wait_global.burst, 7U);
  EXPECT_EQ(config.redeem_limits.wait_global.period, std::chrono::seconds{10});
  EXPECT_EQ(config.redeem_limits.ipv4_prefix, 20);
  EXPECT_EQ(config.redeem_limits.ipv6_prefix, 48);
  EXPECT_EQ(config.budget_sizes, (Budgets::Sizes{1000, 2000, 3000, 4000}));
  EXPECT_EQ(config.limits.head_timeout, std::chrono::seconds{1});
  EXPECT_EQ(config.limits.idle_timeout, std::chrono::seconds{2});
  EXPECT_EQ(config.limits.upstream_connect_timeout, std::chrono::seconds{3});
  EXPECT_EQ(config.limits.upstream_timeout, std::chrono::seconds{4});
  EXPECT_EQ(config.limits.body_timeout, std::chrono::seconds{5});
  EXPECT_EQ(config.limits.overload, std::chrono::seconds{6});
  EXPECT_EQ(config.limits.max_head, 4096U);
  EXPECT_EQ(config.limits.max_body, 1000U);
  EXPECT_EQ(config.limits.max_connections, 7U);
  EXPECT_EQ(config.limits.max_idle_upstream, 0U);
  EXPECT_EQ(config.limits.loops, 3U);
}

TEST(ConfigTest, EveryModeAndAddressSourceIsRead) {
  const std::string site = "[[site]]\nname = \"a\"\nhosts = [\"*\"]\nupstream = \"http://a:1\"\n";
  const auto listener = [&site](const std::string& mode, const std::string& source) {
    return Parsed(
               "[[listener]]\naddress = \"127.0.0.1:0\"\ntrusted_peers = [\"10.0.0.0/8\"]\nmode = "
               "\"" +
               mode + "\"\nclient_address = \"" + source + "\"\n" + site)
        .listeners[0];
  };
  EXPECT_EQ(listener("gateway", "peer").client_address, ClientAddressSource::kPeer);
  EXPECT_EQ(listener("gateway", "proxy").client_address, ClientAddressSource::kProxy);
  EXPECT_EQ(listener("public", "proxy").mode, ListenerMode::kPublic);
  EXPECT_EQ(listener("check", "x-real-ip").mode, ListenerMode::kCheck);
  EXPECT_EQ(listener("check", "x-real-ip").client_address, ClientAddressSource::kXRealIp);
  EXPECT_EQ(listener("forward-auth", "x-forwarded-for").mode, ListenerMode::kForwardAuth);
  EXPECT_EQ(listener("spop", "peer").mode, ListenerMode::kSpop);
  EXPECT_EQ(listener("ext-authz", "x-forwarded-for").mode, ListenerMode::kExtAuthz);
  EXPECT_EQ(listener("ext-authz", "peer").client_address, ClientAddressSource::kPeer);
}

TEST(ConfigTest, SecureCookieIsWordOrBoolean) {
  const auto secure = [](const std::string& value) {
    std::string text(kGoodConfig);
    text.insert(text.find("[keys]"), "[site.cookie]\nsecure = " + value + "\n");
    return Parsed(text).sites.at(0).options.secure;
  };
  EXPECT_EQ(secure("\"auto\""), SecureCookie::kAuto);
  EXPECT_EQ(secure("true"), SecureCookie::kAlways);
  EXPECT_EQ(secure("\"true\""), SecureCookie::kAlways);
  EXPECT_EQ(secure("false"), SecureCookie::kNever);
}

TEST(ConfigTest, CountryCodeOfNorwayIsNotABoolean) {
  std::string text(kGoodConfig);
  text.replace(text.find("\"main\""), 6, "NO");
  EXPECT_FALSE(ParseConfig(text, "stile.toml"));
}

TEST(ConfigTest, WhatCouldBeReadIsKeptBesideMistakes) {
  std::string text(kGoodConfig);
  text.replace(text.find("127.0.0.1:0"), 11, "127.0.0.1");
  Config config;
  EXPECT_EQ(ReadConfig(text, "stile.toml", config).size(), 1U);
  EXPECT_EQ(config.keys_file, "keys.toml");
  EXPECT_EQ(config.state_directory, "state");
  EXPECT_EQ(config.sites.at(0).policy_file, "policy.toml");
  EXPECT_EQ(config.sites.at(0).policy_place, "stile.toml:7:10");
}

TEST(ConfigTest, OversizedTextIsRefusedBeforeItIsParsed) {
  const auto config = ParseConfig(std::string(kMaxConfig + 1, '='), "stile.toml");
  ASSERT_FALSE(config);
  ASSERT_EQ(config.error().size(), 1U);
  EXPECT_EQ(config.error()[0].code, ErrorCode::kOutOfRange);
}

TEST(ConfigTest, MistakesComeInTheOrderOfTheFile) {
  const auto config = ParseConfig("[limits]\nloops = -1\n[log]\nformat = \"xml\"\n", "s.toml");
  ASSERT_FALSE(config);
  std::vector<std::string> places;
  for (const Error& error : config.error()) places.push_back(error.place);
  EXPECT_THAT(places, ElementsAre("s.toml:1:1", "s.toml:1:1", "s.toml:2:9", "s.toml:4:10"));
}

TEST(ConfigAddressTest, RangesKeepTheirFamilyAndLength) {
  EXPECT_EQ(ParseCidr("0.0.0.0/0")->length, 0);
  EXPECT_EQ(ParseCidr("10.0.0.1")->length, 32);
  EXPECT_EQ(ParseCidr("2001:db8::1")->length, 128);
  EXPECT_TRUE(ParseCidr("2001:db8::/32")->address.is_v6());
  for (const char* text : {"10.0.0.1/8", "10.0.0.0/33", "2001:db8::/129", "::ffff:10.0.0.0/104",
                           "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "", "/8", "10.0.0.0/08x"}) {
    EXPECT_FALSE(ParseCidr(text)) << text;
  }
}

TEST(ConfigAddressTest, ListenersAreAddressesWithPorts) {
  for (const char* text :
       {"localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[::1]", "[::1]80",
        "[127.0.0.1]:80", ":80", "127.0.0.1:+80", "127.0.0.1:80 ", "unix:", ""}) {
    EXPECT_FALSE(ParseListenAddress(text)) << text;
  }
  EXPECT_FALSE(ParseListenAddress("unix:" + std::string(108, 'a')));
  EXPECT_TRUE(ParseListenAddress("unix:" + std::string(107, 'a')));
}

TEST(ConfigAddressTest, SocketModesAreOctal) {
  EXPECT_EQ(ParseSocketMode("0660").value_or(0), 0660U);
  EXPECT_EQ(ParseSocketMode("666").value_or(0), 0666U);
  for (const char* text :
       {"", "0", "66", "00660", "1660", "0668", "-660", "0x66", "0440", "0660 "}) {
    EXPECT_FALSE(ParseSocketMode(text)) << text;
  }
}

TEST(ConfigAddressTest, UpstreamsAreHttpServersWithoutPath) {
  EXPECT_EQ(ToString(*ParseUpstream("http://[::1]:3000/")), "[::1]:3000");
  for (const char* text :
       {"127.0.0.1:3000", "https://127.0.0.1", "http://", "http://a/b", "http://a?b", "http://u@a",
        "http://a:0", "http://a:65536", "http://-a", "http://a..b", "http://1.2.3", "ftp://a",
        "http://a b", "http://[::1", "http://a:"}) {
    EXPECT_FALSE(ParseUpstream(text)) << text;
  }
}

TEST(ConfigTest, BudgetsMayBeMergedThroughTheRedisOfSpendsThatStayInMemory) {
  const auto config = ParseConfig(R"([[listener]]
address = "127.0.0.1:8080"
mode = "public"
[[site]]
name = "main"
hosts = ["*"]
[keys]
file = "keys.toml"
[budgets]
merge = "redis"
merge_interval = "2s"
merge_entries = 1000
[spend.redis]
address = "127.0.0.1:6379"
)",
                                  "stile.toml");
  ASSERT_TRUE(config.has_value()) << ToString(config.error());
  EXPECT_EQ(config->spend_backend, SpendBackend::kMemory);
  EXPECT_EQ(ToString(config->spend.redis.address), "127.0.0.1:6379");
  EXPECT_EQ(config->budget_merge.merging, BudgetMerging::kRedis);
  EXPECT_EQ(config->budget_merge.interval, std::chrono::seconds{2});
  EXPECT_EQ(config->budget_merge.untold(), 1000u);
  EXPECT_EQ(BudgetMergeConfig().untold(), 0u);
}

}  // namespace
}  // namespace stile
