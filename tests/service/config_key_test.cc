// Every key of stile.toml: what it takes, what it doesn't, and that docs/operations.md names it.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_config.h"
#include "service/config.h"
#include "service/geo_database.h"

namespace stile {
namespace {

using testing::HasSubstr;

struct Key {
  std::string_view path;
  std::string_view good;
  std::string_view wrong_type;
  std::string_view out_of_bounds;  // Of the right type. Empty: every value of the type is good.
};

void PrintTo(const Key& key, std::ostream* out) { *out << key.path; }

constexpr Key kKeys[] = {
    {"public_prefix", "\"/gate\"", "7", "\"gate/\""},
    {"listener.address", "\"[::1]:0\"", "8080", "\"127.0.0.1:65536\""},
    {"listener.mode", "\"public\"", "1", "\"proxy\""},
    {"listener.socket_mode", "\"0660\"", "660", "\"0999\""},
    {"listener.socket_group", "\"www-data\"", "7", "\"a\\nb\""},
    {"listener.client_address", "\"peer\"", "true", "\"forwarded\""},
    {"listener.trusted_peers", "[\"10.0.0.0/8\"]", "\"10.0.0.0/8\"", "[\"10.0.0.0/33\"]"},
    {"listener.tls_fingerprint_header", "\"X-JA4\"", "4", "\"X JA4\""},
    {"listener.tls.certificate", "\"c.pem\"", "7", "\"a\\u0001b\""},
    {"listener.tls.key", "\"k.pem\"", "7", "\"a\\u0001b\""},
    {"listener.site", "\"main\"", "1", "\"nowhere\""},
    {"site.name", "\"main\"", "1", "\"\""},
    {"site.hosts", "[\"*\", \"example.org\"]", "\"*\"", "[]"},
    {"site.upstream", "\"http://[::1]:3000\"", "3000", "\"http://127.0.0.1:0\""},
    {"site.policy", "\"policy.toml\"", "{}", "\"a\\u0001b\""},
    {"site.keys", "\"shop-keys.toml\"", "7", "\"a\\u0001b\""},
    {"site.siteverify.secrets_file", "\"secrets\"", "7", "\"a\\u0001b\""},
    {"site.mode", "\"attack\"", "1", "\"closed\""},
    {"site.challenge_lifetime", "\"30s\"", "30", "\"29s\""},
    {"site.cookie.secure", "true", "7", "\"yes\""},
    {"site.cookie.same_site", "\"none\"", "7", "\"strict\""},
    {"site.cookie.domain", "\"example.org\"", "7", "\"org\""},
    {"site.binding.ipv4_prefix", "0", "\"24\"", "33"},
    {"site.binding.ipv6_prefix", "64", "56.0", "-1"},
    {"site.binding.user_agent", "false", "\"false\"", ""},
    {"site.page.title", "\"Moment\"", "7", "\"a\\nb\""},
    {"site.page.privacy", "\"/privacy\"", "7", "\"javascript:1\""},
    {"site.page.logo", "\"/logo.svg\"", "7", "\"//other.example/logo.svg\""},
    {"site.page.stylesheet", "\"/stile.css\"", "7", "\"stile.css\""},
    {"site.cookie.renew", "false", "\"false\"", ""},
    {"site.page.contact", "\"https://example.org/\"", "7", "\"ftp://example.org\""},
    {"node.id", "65535", "\"1\"", "65536"},
    {"keys.file", "\"keys.toml\"", "7", "\"a\\u0000b\""},
    {"metrics.address", "\"127.0.0.1:9464\"", "9464", "\"localhost:1\""},
    {"control.socket", "\"/run/stile/control.sock\"", "7", "\"a\\tb\""},
    {"control.address", "\"127.0.0.1:9465\"", "9465", "\"unix:control.sock\""},
    {"control.token_file", "\"token\"", "7", "\"a\\tb\""},
    {"control.mode_file", "\"mode\"", "7", "\"a\\tb\""},
    {"state.directory", "\"/var/lib/stile\"", "7", "\"a\\tb\""},
    {"state.tables", "\"/var/lib/stile/tables\"", "7", "\"a\\tb\""},
    {"spend.backend", "\"shared-file\"", "7", "\"disk\""},
    {"spend.redis.address", "\"unix:/run/redis.sock\"", "6379", "\"localhost:1\""},
    {"spend.redis.username", "\"stile\"", "7", "\"a\\tb\""},
    {"spend.redis.password_file", "\"password\"", "7", "\"a\\tb\""},
    {"spend.redis.key_prefix", "\"shop:1\"", "7", "\"{shop}\""},
    {"spend.redis.timeout", "\"10ms\"", "10", "\"751ms\""},
    {"spend.redis.wait_replicas", "16", "\"1\"", "17"},
    {"spend.redis.wait_timeout", "\"500ms\"", "1", "\"501ms\""},
    {"spend.redis.on_store_error", "\"local\"", "false", "\"accept\""},
    {"spend.tokens", "30000000", "\"many\"", "999"},
    {"spend.attempts", "64", "64.0", "63"},
    {"log.format", "\"json\"", "7", "\"text\""},
    {"log.level", "\"warning\"", "7", "\"warn\""},
    {"log.refusals", "1000", "\"1\"", "1001"},
    {"log.addresses", "\"prefix\"", "false", "\"some\""},
    {"wait.ipv4_prefix", "8", "\"8\"", "7"},
    {"wait.ipv6_prefix", "64", "\"64\"", "65"},
    {"wait.per_prefix.requests", "1", "\"1\"", "0"},
    {"wait.per_prefix.per", "\"1s\"", "1", "\"0s\""},
    {"wait.per_prefix.burst", "1", "\"1\"", "0"},
    {"wait.global.requests", "1", "\"1\"", "0"},
    {"wait.global.per", "\"24h\"", "1", "\"25h\""},
    {"wait.global.burst", "1", "\"1\"", "1000000001"},
    {"sha256.per_prefix.requests", "1", "\"1\"", "0"},
    {"sha256.per_prefix.per", "\"1s\"", "1", "\"0s\""},
    {"sha256.per_prefix.burst", "1", "\"1\"", "0"},
    {"sha256.global.requests", "1", "\"1\"", "0"},
    {"sha256.global.per", "\"24h\"", "1", "\"25h\""},
    {"sha256.global.burst", "1", "\"1\"", "1000000001"},
    {"budgets.clearances", "64", "\"64\"", "63"},
    {"budgets.cleared_prefixes", "64", "\"64\"", "63"},
    {"budgets.uncleared_prefixes", "1073741824", "\"64\"", "1073741825"},
    {"budgets.uncleared_rings", "64", "\"64\"", "0"},
    {"budgets.merge", "\"off\"", "true", "\"on\""},
    {"budgets.merge_interval", "\"100ms\"", "1", "\"11s\""},
    {"budgets.merge_entries", "16777216", "\"64\"", "63"},
    {"limits.drain_timeout", "\"0s\"", "0", "\"61m\""},
    {"limits.drain_delay", "\"10m\"", "5", "\"11m\""},
    {"limits.drain_idle", "\"0s\"", "1", "\"61m\""},
    {"limits.head_timeout", "\"100ms\"", "1", "\"99ms\""},
    {"limits.idle_timeout", "\"1h\"", "1", "\"61m\""},
    {"limits.body_timeout", "\"1h\"", "1", "\"61m\""},
    {"limits.upstream_connect_timeout", "\"10ms\"", "1", "\"9ms\""},
    {"limits.upstream_timeout", "\"1d\"", "1", "\"2d\""},
    {"limits.overload", "\"0s\"", "100", "\"11s\""},
    {"limits.max_head", "1024", "\"1024\"", "65536"},
    {"limits.max_body", "0", "\"0\"", "-1"},
    {"limits.max_connections", "1", "\"1\"", "0"},
    {"limits.max_idle_upstream", "0", "\"0\"", "10001"},
    {"limits.loops", "256", "\"1\"", "257"},
    {"geo.country", "\"country.mmdb\"", "7", "\"a\\u0001b\""},
    {"geo.asn", "\"asn.mmdb\"", "7", "\"a\\u0001b\""},
    {"agents.reverse_dns", "true", "\"true\"", ""},
    {"agents.resolver", "\"[::1]:5353\"", "53", "\"127.0.0.1:0\""},
    {"agents.timeout", "\"50ms\"", "50", "\"31s\""},
    {"agents.in_flight", "1000", "\"1\"", "1001"},
    {"admission.blast_radius_percent", "0.5", "\"1\"", "100.1"},
    {"admission.cohort_percent", "0.5", "\"1\"", "100.1"},
    {"admission.cohort_for", "\"60s\"", "60", "\"999ms\""},
    {"admission.blast_radius_override", "true", "1", ""},
    {"admission.min_samples", "1", "1.5", "0"},
    {"admission.max_steps", "64", "\"64\"", "63"},
    {"admission.soak_for", "\"0s\"", "0", "\"8d\""},
    {"admission.soak_requests", "0", "\"0\"", "-1"},
    {"admission.generations", "10", "\"1\"", "11"},
    {"admission.crashes", "1", "true", "0"},
    {"admission.pin_for", "\"1s\"", "1", "\"500ms\""},
    {"clock.adopt_after", "\"0s\"", "0", "\"31d\""},
};

std::string SectionOf(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return std::string(path.substr(0, dot == std::string_view::npos ? 0 : dot));
}

std::string LastOf(std::string_view path) { return std::string(path.substr(path.rfind('.') + 1)); }

// A configuration in which all is right, with one more or another line in one section.
std::string WithLine(const std::string& section, const std::string& key, const std::string& value) {
  const std::string line = key + " = " + value + "\n";
  const auto needed = [&](std::string_view of, std::string_view name, std::string_view text) {
    return section == of && key == name ? std::string() : std::string(text);
  };
  std::string text = section.empty() ? line : "";
  text += "[[listener]]\n" + needed("listener", "address",
                                    key.starts_with("socket_") ? "address = \"unix:a.sock\"\n"
                                                               : "address = \"127.0.0.1:0\"\n");
  if (section == "listener") text += line;
  if (key == "tls_fingerprint_header") text += "trusted_peers = [\"10.0.0.0/8\"]\n";
  text += "[[site]]\n" + needed("site", "name", "name = \"main\"\n") +
          needed("site", "hosts", "hosts = [\"*\"]\n") +
          needed("site", "upstream", "upstream = \"http://127.0.0.1:3000\"\n");
  if (section == "site") text += line;
  if (!section.empty() && section != "listener" && section != "site") {
    if (section == "spend.redis") text += "[spend]\nbackend = \"redis\"\n";
    text += "[" + section + "]\n" + line;
    if (section == "control" && key == "address") text += "token_file = \"token\"\n";
    if (section == "control" && key == "token_file") text += "address = \"127.0.0.1:9465\"\n";
    if (section == "spend.redis") {
      text += needed("spend.redis", "address", "address = \"127.0.0.1:6379\"\n");
    }
  }
  if (section == "listener.tls") {
    text += needed("listener.tls", "certificate", "certificate = \"c.pem\"\n") +
            needed("listener.tls", "key", "key = \"k.pem\"\n");
  }
  return text;
}

Errors MistakesWith(std::string_view path, std::string_view value) {
  const auto config =
      ParseConfig(WithLine(SectionOf(path), LastOf(path), std::string(value)), "stile.toml");
  return config ? Errors{} : config.error();
}

class ConfigKey : public testing::TestWithParam<Key> {};

TEST_P(ConfigKey, TakesAGoodValue) {
  if (GetParam().path.starts_with("geo.") && !GeoDatabase::IsSupported()) GTEST_SKIP();
  const Errors errors = MistakesWith(GetParam().path, GetParam().good);
  EXPECT_TRUE(errors.empty()) << ToString(errors);
}

TEST_P(ConfigKey, IsKnownToWhoeverEmbedsTheEngine) {
  EngineConfig config;
  const Errors errors = ReadEngineConfig(
      WithLine(SectionOf(GetParam().path), LastOf(GetParam().path), std::string(GetParam().good)),
      "stile.toml", config);
  EXPECT_TRUE(errors.empty()) << ToString(errors);
}

TEST_P(ConfigKey, RefusesAnotherType) {
  const Errors errors = MistakesWith(GetParam().path, GetParam().wrong_type);
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors.front().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(ToString(errors), HasSubstr(std::string(GetParam().path) + " is a"));
}

TEST_P(ConfigKey, RefusesWhatIsOutOfBounds) {
  if (GetParam().out_of_bounds.empty()) return;
  const Errors errors = MistakesWith(GetParam().path, GetParam().out_of_bounds);
  ASSERT_EQ(errors.size(), 1U) << ToString(errors);
  const std::string last = LastOf(GetParam().path);
  EXPECT_THAT(ToString(errors), HasSubstr(last == "hosts" ? "hosts" : last));
}

INSTANTIATE_TEST_SUITE_P(Config, ConfigKey, testing::ValuesIn(kKeys),
                         [](const testing::TestParamInfo<Key>& key) {
                           std::string name(key.param.path);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(ConfigKeyTest, FingerprintsAreReadFromTrustedPeersAlone) {
  const auto with = [](const std::string& listener) {
    const auto config = ParseConfig("[[listener]]\naddress = \"127.0.0.1:0\"\n" + listener +
                                        "tls_fingerprint_header = \"X-JA4\"\n[[site]]\nname = "
                                        "\"main\"\nhosts = [\"*\"]\nupstream = \"http://a\"\n",
                                    "stile.toml");
    return config ? std::string() : ToString(config.error());
  };
  EXPECT_THAT(with(""), HasSubstr("tls_fingerprint_header is read from trusted peers alone"));
  EXPECT_EQ(with("trusted_peers = [\"127.0.0.1\"]\n"), "");
  EXPECT_THAT(with("trusted_peers = [\"127.0.0.1\"]\nclient_address = \"proxy\"\n"),
              HasSubstr("tls_fingerprint_header is read from trusted peers alone"));
}

TEST(ConfigKeyTest, ControlOverTcpNeedsItsTokenAndTheTokenItsAddress) {
  for (const std::string line : {"address = \"127.0.0.1:9465\"", "token_file = \"token\""}) {
    const auto config = ParseConfig(
        WithLine("", "public_prefix", "\"/gate\"") + "[control]\n" + line + "\n", "stile.toml");
    ASSERT_FALSE(config) << line;
    EXPECT_THAT(ToString(config.error()), HasSubstr("go together"));
  }
}

// What the reader says it knows in `section`, asked with a key that nobody knows; empty if that is
// no section.
std::vector<std::string> KnownIn(const std::string& section) {
  const auto config = ParseConfig(WithLine(section, "zzzzzzzzzzzzzzzz", "1"), "stile.toml");
  std::vector<std::string> known;
  if (config) return known;
  const std::string head = "unknown key \"zzzzzzzzzzzzzzzz\"" +
                           (section.empty() ? std::string() : " in " + section) + ": use one of ";
  for (const Error& error : config.error()) {
    if (!error.message.starts_with(head)) continue;
    std::istringstream names(error.message.substr(head.size()));
    for (std::string name; std::getline(names, name, '"') && std::getline(names, name, '"');) {
      known.push_back(name);
    }
  }
  return known;
}

void Walk(const std::string& section, std::set<std::string>& keys,
          std::set<std::string>& sections) {
  for (const std::string& name : KnownIn(section)) {
    const std::string path = section.empty() ? name : section + "." + name;
    if (KnownIn(path).empty()) {
      keys.insert(path);
    } else {
      sections.insert(path);
      Walk(path, keys, sections);
    }
  }
}

TEST(ConfigKeyTest, EveryKeyOfTheReaderIsTestedHere) {
  std::set<std::string> known, sections, tested;
  Walk("", known, sections);
  for (const Key& key : kKeys) tested.emplace(key.path);
  EXPECT_EQ(known, tested);
}

// The names in the first column of the tables under `heading` of docs/operations.md.
void AddDocumented(std::string_view heading, const std::string& prefix,
                   std::set<std::string>& names) {
  std::ifstream page(STILE_SOURCE_DIR "/docs/operations.md");
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) inside = line.starts_with(heading);
    if (!inside || !line.starts_with("| `")) continue;
    std::istringstream cell(line.substr(2, line.find(" | ") - 2));
    for (std::string name; std::getline(cell, name, '`') && std::getline(cell, name, '`');) {
      names.insert(prefix + name);
    }
  }
}

TEST(ConfigKeyTest, DocumentationAndReaderKnowTheSameKeys) {
  std::set<std::string> known, sections, documented;
  Walk("", known, sections);
  AddDocumented("### `[[listener]]`", "listener.", documented);
  AddDocumented("### `[[site]]`", "site.", documented);
  AddDocumented("### The rest", "", documented);
  for (const std::string& key : known) {
    EXPECT_TRUE(documented.contains(key) || documented.contains(SectionOf(key)))
        << key << " is not in docs/operations.md";
  }
  for (const std::string& name : documented) {
    EXPECT_TRUE(known.contains(name) || sections.contains(name))
        << "docs/operations.md names " << name << ", and no such key is read";
  }
}

}  // namespace
}  // namespace stile
