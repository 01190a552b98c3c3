#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/config.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

// kGoodConfig with one passage replaced has exactly one mistake, at this place.
struct Mistake {
  std::string_view name;
  std::string_view passage;
  std::string_view replacement;
  std::string_view line_and_column;
  std::string_view message;  // A part of it.
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

constexpr Mistake kMistakes[] = {
    {"TextThatIsNotToml", "[keys]", "[keys", "8:6", "this is not TOML"},
    {"UnknownSection", "[keys]", "[kyes]", "8:2", "unknown key \"kyes\": did you mean \"keys\"?"},
    {"UnknownKeyOfListener", "address =", "adress =", "2:1",
     "unknown key \"adress\" in listener: did you mean \"address\"?"},
    {"UnknownKeyOfSite", "policy =", "polizei =", "7:1", "unknown key \"polizei\" in site"},
    {"UnknownKeyFarFromAll", "file =", "secretive =", "9:1", "use one of \"file\""},
    {"ListenerThatIsNoArray", "[[listener]]", "[listener]", "1:1", "[[listener]]"},
    {"ListenerWithoutAddress", "address = \"127.0.0.1:0\"", "mode = \"gateway\"", "1:1",
     "listener has no address"},
    {"AddressWithoutPort", "127.0.0.1:0", "127.0.0.1", "2:11", "write an address and a port"},
    {"PortOutOfRange", "127.0.0.1:0", "127.0.0.1:65536", "2:11", "the port must be 0 to 65535"},
    {"AddressOfWrongType", "\"127.0.0.1:0\"", "8080", "2:11",
     "listener.address is an integer: write a string"},
    {"MisspelledMode", "[[site]]", "mode = \"gatway\"\n[[site]]", "3:8",
     "did you mean \"gateway\"?"},
    {"UnknownMode", "[[site]]", "mode = \"x\"\n[[site]]", "3:8", "use \"gateway\", \"public\""},
    {"CheckModeWithoutClientAddress", "[[site]]", "mode = \"check\"\n[[site]]", "3:8",
     "add client_address = \"x-real-ip\""},
    {"ForwardAuthModeWithoutClientAddress", "[[site]]", "mode = \"forward-auth\"\n[[site]]", "3:8",
     "add client_address = \"x-real-ip\""},
    {"SpopModeWithoutPeers", "[[site]]", "mode = \"spop\"\n[[site]]", "3:8",
     "name HAProxy's range, or \"unix\", in trusted_peers"},
    {"SpopModeWithClientAddress", "[[site]]",
     "mode = \"spop\"\ntrusted_peers = [\"::1/128\"]\nclient_address = \"x-real-ip\"\n[[site]]",
     "5:18", "leave client_address out"},
    {"SpopModeWithTls", "[[site]]",
     "mode = \"spop\"\ntrusted_peers = [\"::1/128\"]\n"
     "tls = { certificate = \"c.pem\", key = \"k.pem\" }\n[[site]]",
     "5:7", "a spop listener speaks no TLS"},
    {"ExtAuthzModeWithoutTrustedPeers", "[[site]]", "mode = \"ext-authz\"\n[[site]]", "3:8",
     "to trusted_peers"},
    {"ExtAuthzModeWithRealIp", "[[site]]",
     "mode = \"ext-authz\"\nclient_address = \"x-real-ip\"\ntrusted_peers = "
     "[\"10.0.0.1\"]\n[[site]]",
     "3:8", "let client_address be \"x-forwarded-for\" or \"peer\""},
    {"TlsWithoutKey", "[[site]]", "tls = { certificate = \"c.pem\" }\n[[site]]", "3:7",
     "listener.tls names no key: write key = \"k.pem\""},
    {"TlsWithoutCertificate", "[[site]]", "tls = { key = \"k.pem\" }\n[[site]]", "3:7",
     "listener.tls names no certificate: write certificate = \"c.pem\""},
    {"TlsOfNothing", "[[site]]", "tls = []\n[[site]]", "3:7", "or an array of 1 to 64 of them"},
    {"TlsKeyOfWrongType", "[[site]]", "tls = [{ certificate = \"c.pem\", key = 7 }]\n[[site]]",
     "3:39", "listener.tls.key is an integer: write a string"},
    {"TlsKeyThatIsNone", "[[site]]",
     "tls = { certificate = \"c.pem\", key = \"k.pem\", ca = \"a\" }\n[[site]]", "3:47",
     "unknown key \"ca\" in listener.tls"},
    {"SocketModeThatIsNotOctal", "address = \"127.0.0.1:0\"",
     "address = \"unix:a.sock\"\nsocket_mode = \"0698\"", "3:15",
     "socket_mode is \"0698\": write the permissions"},
    {"SocketModeThatShutsItsOwnerOut", "address = \"127.0.0.1:0\"",
     "address = \"unix:a.sock\"\nsocket_mode = \"0060\"", "3:15", "its owner can read and write"},
    {"SocketModeOfWrongType", "address = \"127.0.0.1:0\"",
     "address = \"unix:a.sock\"\nsocket_mode = 0o660", "3:15",
     "socket_mode is an integer: write a string"},
    {"SocketModeOfTcpListener", "[[site]]", "socket_mode = \"0660\"\n[[site]]", "3:15",
     "socket_mode is for a unix: socket"},
    {"SocketGroupOfTcpListener", "[[site]]", "socket_group = \"www-data\"\n[[site]]", "3:16",
     "socket_group is for a unix: socket"},
    {"ProxyProtocolWithoutTrustedPeers", "[[site]]", "client_address = \"proxy\"\n[[site]]", "3:18",
     "name your proxy"},
    {"CheckModeWithProxyProtocol", "[[site]]",
     "client_address = \"proxy\"\ntrusted_peers = [\"10.0.0.0/8\"]\nmode = \"check\"\n[[site]]",
     "5:8", "names each request's client in a field"},
    {"ForwardedAddressWithoutTrustedPeers", "[[site]]", "client_address = \"x-real-ip\"\n[[site]]",
     "3:18", "name your proxy"},
    {"TrustedPeersOfWrongType", "[[site]]", "trusted_peers = \"10.0.0.0/8\"\n[[site]]", "3:17",
     "write an array of strings"},
    {"TrustedPeerThatIsNoText", "[[site]]", "trusted_peers = [\"10.0.0.0/8\", 10]\n[[site]]",
     "3:32", "write strings in quotes"},
    {"TrustedPeerWithHostBits", "[[site]]", "trusted_peers = [\"10.0.0.1/8\"]\n[[site]]", "3:18",
     "bits behind the first 8 are set"},
    {"UnixPeerOfTcpListener", "[[site]]", "trusted_peers = [\"unix\"]\n[[site]]", "3:18",
     "names \"unix\""},
    {"PinToUnknownSite", "[[site]]", "site = \"mian\"\n[[site]]", "3:8", "did you mean \"main\"?"},
    {"SiteWithoutName", "name = \"main\"\n", "", "3:1", "site has no name"},
    {"SiteNameWithSpace", "\"main\"", "\"ma in\"", "4:8", "site.name must be"},
    {"SiteNameThatIsEmpty", "\"main\"", "\"\"", "4:8", "site.name must be"},
    {"SiteNameUsedTwice", "[keys]",
     "[[site]]\nname = \"main\"\nhosts = [\"a.org\"]\nupstream = \"http://a\"\n[keys]", "9:8",
     "\"main\" is used twice"},
    {"SiteWithoutHosts", "hosts = [\"*\"]\n", "", "3:1", "site has no hosts"},
    {"HostsThatAreEmpty", "[\"*\"]", "[]", "5:9", "site.hosts is empty"},
    {"HostWithPort", "[\"*\"]", "[\"*\", \"a.org:80\"]", "5:15", "leave out the port"},
    {"HostWithScheme", "[\"*\"]", "[\"*\", \"http://a.org\"]", "5:15", "leave out the scheme"},
    {"HostUsedTwice", "[keys]",
     "[[site]]\nname = \"b\"\nhosts = [\"a.org\", \"*\"]\nupstream = \"http://a\"\n[keys]", "10:19",
     "host \"*\" is named twice"},
    {"NoDefaultSite", "[\"*\"]", "[\"a.org\"]", "3:1", "no site has the host \"*\""},
    {"GatewayWithoutUpstream", "upstream = \"http://127.0.0.1:3000\"\n", "", "3:1",
     "site \"main\" has no upstream"},
    {"UpstreamWithPath", "3000\"", "3000/app\"", "6:12", "the path of each request"},
    {"UpstreamWithTls", "http://127", "https://127", "6:12",
     "TLS to an upstream is not in this version"},
    {"PolicyOfWrongType", "\"policy.toml\"", "[\"policy.toml\"]", "7:10",
     "site.policy is an array: write a string"},
    {"PolicyWithControlCharacter", "\"policy.toml\"", "\"a\\nb\"", "7:10",
     "holds a control character"},
    {"MisspelledSiteMode", "[keys]", "mode = \"shaddow\"\n[keys]", "8:8",
     "did you mean \"shadow\"?"},
    {"ChallengeThatLivesTooLong", "[keys]", "challenge_lifetime = \"2h\"\n[keys]", "8:22",
     "use \"30s\" to \"1h\""},
    {"SecureThatIsNeither", "[keys]", "[site.cookie]\nsecure = \"maybe\"\n[keys]", "9:10",
     "use \"auto\", \"true\", \"false\""},
    {"SameSiteStrict", "[keys]", "[site.cookie]\nsame_site = \"strict\"\n[keys]", "9:13",
     "use \"lax\", \"none\""},
    {"SameSiteNoneWithoutSecure", "[keys]",
     "[site.cookie]\nsame_site = \"none\"\nsecure = false\n[keys]", "9:13",
     "needs a secure cookie"},
    {"CookieDomainWithoutDot", "[keys]", "[site.cookie]\ndomain = \"org\"\n[keys]", "9:10",
     "must be a name with a dot"},
    {"CookieDomainWithStar", "[keys]", "[site.cookie]\ndomain = \"*.example.org\"\n[keys]", "9:10",
     "must be a name with a dot"},
    {"CookieOfWrongType", "[keys]", "cookie = 1\n[keys]", "8:10", "write a section, [site.cookie]"},
    {"PrefixTooLong", "[keys]", "[site.binding]\nipv4_prefix = 33\n[keys]", "9:15",
     "site.binding.ipv4_prefix is 33: use 0 to 32"},
    {"PrefixOfIpv6TooLong", "[keys]", "[site.binding]\nipv6_prefix = 65\n[keys]", "9:15",
     "use 0 to 64"},
    {"PrefixThatIsText", "[keys]", "[site.binding]\nipv4_prefix = \"24\"\n[keys]", "9:15",
     "write a whole number, without quotes"},
    {"UserAgentThatIsText", "[keys]", "[site.binding]\nuser_agent = \"yes\"\n[keys]", "9:14",
     "write true or false, without quotes"},
    {"TitleTooLong", "[keys]",
     "[site.page]\ntitle = "
     "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxx\"\n[keys]",
     "9:9", "has 101 bytes: use at most 100"},
    {"ContactThatIsNoLink", "[keys]", "[site.page]\ncontact = \"javascript:x\"\n[keys]", "9:11",
     "must begin with mailto: or https://"},
    {"PrivacyThatIsNoLink", "[keys]", "[site.page]\nprivacy = \"http://a/\"\n[keys]", "9:11",
     "site.page.privacy is no such address: Write \"https://...\""},
    {"LogoOfAnotherHost", "[keys]", "[site.page]\nlogo = \"https://cdn.org/a.svg\"\n[keys]", "9:8",
     "site.page.logo is no such address: Write a path of this site"},
    {"StylesheetWithoutScheme", "[keys]", "[site.page]\nstylesheet = \"//cdn.org/a\"\n[keys]",
     "9:14", "site.page.stylesheet is no such address: Write a path of this site"},
    {"LogoThatIsNoText", "[keys]", "[site.page]\nlogo = 1\n[keys]", "9:8", "write a string"},
    {"RenewThatIsText", "[keys]", "[site.cookie]\nrenew = \"yes\"\n[keys]", "9:9",
     "write true or false, without quotes"},
    {"NodeTooGreat", "[state]", "[node]\nid = 65536\n[state]", "11:6",
     "node.id is 65536: use 0 to 65535"},
    {"NodeThatIsText", "[state]", "[node]\nid = \"a\"\n[state]", "11:6",
     "write a whole number, without quotes"},
    {"KeysFileOfWrongType", "\"keys.toml\"", "7", "9:8", "keys.file is an integer"},
    {"MetricsAddressWithoutPort", "[state]", "[metrics]\naddress = \"::1\"\n[state]", "11:11",
     "metrics.address is \"::1\""},
    {"ControlSocketTooLong", "[state]",
     "[control]\nsocket = "
     "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxx\"\n[state]",
     "11:10", "use at most 107"},
    {"StateDirectoryOfWrongType", "\"state\"", "true", "11:13", "state.directory is a boolean"},
    {"TablesOfWrongType", "\"state\"", "\"state\"\ntables = true", "12:10",
     "state.tables is a boolean"},
    {"RedisSpendWithoutRedis", "[state]", "[spend]\nbackend = \"redis\"\n[state]", "10:1",
     "add [spend.redis] with address"},
    {"RedisWithoutAddress", "[state]",
     "[spend]\nbackend = \"redis\"\n[spend.redis]\ntimeout = \"100ms\"\n[state]", "12:1",
     "spend.redis has no address"},
    {"RedisByName", "[state]",
     "[spend]\nbackend = \"redis\"\n[spend.redis]\naddress = \"redis.internal:6379\"\n[state]",
     "13:11", "names aren't looked up"},
    {"RedisOfMemorySpend", "[state]",
     "[spend]\nbackend = \"memory\"\n[spend.redis]\naddress = \"127.0.0.1:6379\"\n[state]", "12:1",
     "is for spend.backend = \"redis\""},
    {"MergedBudgetsWithoutRedis", "[state]", "[budgets]\nmerge = \"redis\"\n[state]", "10:1",
     "add [spend.redis] with address"},
    {"RedisOfBudgetsThatAreNotMerged", "[state]",
     "[budgets]\nmerge = \"off\"\n[spend.redis]\naddress = \"127.0.0.1:6379\"\n[state]", "12:1",
     "or budgets.merge = \"redis\""},
    {"RedisWaitLongerThanItsTimeout", "[state]",
     "[spend]\nbackend = \"redis\"\n[spend.redis]\naddress = \"127.0.0.1:6379\"\nwait_replicas = "
     "1\n"
     "timeout = \"20ms\"\n[state]",
     "12:1", "let it be shorter"},
    {"LogFormatThatIsNotJson", "[state]", "[log]\nformat = \"text\"\n[state]", "11:10",
     "use \"json\""},
    {"MisspelledLogLevel", "[state]", "[log]\nlevel = \"warn\"\n[state]", "11:9",
     "log.level is \"warn\""},
    {"DurationWithoutUnit", "[state]", "[limits]\ndrain_timeout = \"30\"\n[state]", "11:17",
     "write digits and one of ms, s, m, h, d"},
    {"DurationThatIsANumber", "[state]", "[limits]\ndrain_timeout = 30\n[state]", "11:17",
     "write a duration such as \"30s\""},
    {"DurationOutOfRange", "[state]", "[limits]\ndrain_timeout = \"2h\"\n[state]", "11:17",
     "use \"0s\" to \"1h\""},
    {"DurationThatOverflows", "[state]", "[limits]\ndrain_timeout = \"999999999999d\"\n[state]",
     "11:17", "write digits and one of"},
    {"HeadLimitTooSmall", "[state]", "[limits]\nmax_head = 1023\n[state]", "11:12",
     "use 1024 to 65535"},
    {"NegativeLoops", "[state]", "[limits]\nloops = -1\n[state]", "11:9",
     "limits.loops is -1: use 0 to 256"},
    {"RateOfZero", "[state]", "[wait]\nper_prefix = { requests = 0, per = \"10m\" }\n[state]",
     "11:27", "wait.per_prefix.requests is 0"},
    {"UnknownKeyOfRate", "[state]", "[wait]\nglobal = { count = 1 }\n[state]", "11:12",
     "unknown key \"count\" in wait.global"},
    {"PublicPrefixWithoutSlash", "[[listener]]", "public_prefix = \"stile\"\n[[listener]]", "1:17",
     "public_prefix must be a plain path"},
    {"PublicPrefixThatEndsWithSlash", "[[listener]]", "public_prefix = \"/stile/\"\n[[listener]]",
     "1:17", "public_prefix must be a plain path"},
    {"PublicPrefixThatClimbs", "[[listener]]", "public_prefix = \"/a/../b\"\n[[listener]]", "1:17",
     "public_prefix must be a plain path"},
    {"AddressUsedTwice", "[[listener]]\naddress = \"127.0.0.1:0\"",
     "[[listener]]\naddress = \"127.0.0.1:81\"\n[[listener]]\naddress = \"127.0.0.1:81\"", "3:1",
     "is used twice"},
};

class ConfigRefuses : public testing::TestWithParam<Mistake> {};

TEST_P(ConfigRefuses, WithPlaceAndAdvice) {
  const Mistake& mistake = GetParam();
  std::string text(kGoodConfig);
  const std::size_t at = text.find(mistake.passage);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, mistake.passage.size(), mistake.replacement);

  const auto config = ParseConfig(text, "stile.toml");

  ASSERT_FALSE(config) << text;
  std::vector<std::string> places;
  std::string messages;
  for (const Error& error : config.error()) {
    places.push_back(error.place);
    messages += error.message + "\n";
  }
  EXPECT_THAT(places, testing::Contains("stile.toml:" + std::string(mistake.line_and_column)))
      << messages;
  EXPECT_THAT(messages, testing::HasSubstr(std::string(mistake.message)));
}

INSTANTIATE_TEST_SUITE_P(Config, ConfigRefuses, testing::ValuesIn(kMistakes),
                         [](const testing::TestParamInfo<Mistake>& mistake) {
                           return std::string(mistake.param.name);
                         });

TEST(ConfigMistakeTest, OneMistakeIsNamedOnce) {
  for (const Mistake& mistake : kMistakes) {
    // These take away something else that is needed.
    if (mistake.name == "UnknownKeyOfListener" || mistake.name == "SiteNameWithSpace") continue;
    std::string text(kGoodConfig);
    text.replace(text.find(mistake.passage), mistake.passage.size(), mistake.replacement);
    const auto config = ParseConfig(text, "stile.toml");
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().size(), 1U) << mistake.name << "\n" << ToString(config.error());
  }
}

TEST(ConfigMistakeTest, EmptyFileNamesWhatIsMissing) {
  const auto config = ParseConfig("", "stile.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(ToString(config.error()),
            "stile.toml:1:1: there is no site: add [[site]] with a name, hosts and an upstream\n"
            "stile.toml:1:1: there is no listener: add [[listener]] with address = "
            "\"127.0.0.1:8080\"");
}

}  // namespace
}  // namespace stile
