#include "bench/policy_data.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace stile::bench {
namespace {

constexpr std::size_t kLists = 17;
constexpr std::size_t kFieldRanges = 2768;
// Of agents that can prove who they are.
constexpr std::array<const char*, kLists> kVerified = {
    "Googlebot/",   "bingbot/",       "Applebot/",      "DuckDuckBot/",  "YandexBot/",
    "AhrefsBot/",   "GPTBot/",        "OAI-SearchBot/", "ChatGPT-User/", "PerplexityBot/",
    "Amazonbot/",   "MojeekBot/",     "PetalBot;",      "SeznamBot/",    "Qwantbot/",
    "UptimeRobot/", "Pingdom.com_bot"};
// Of others.
constexpr std::array<const char*, 6> kClaimed = {"Bytespider", "CCBot/",  "meta-externalagent/",
                                                 "Diffbot/",   "omgili/", "anthropic-ai"};
constexpr std::array<const char*, 11> kRegexes = {
    "Googlebot(-Image|-Video)?/[0-9]+", "(?i)bingbot/[0-9.]+",       "Applebot(-Extended)?/",
    "(?i)duckduck(bot|preview)",        "Yandex(Bot|Images|Mobile)", "(?i)ahrefs(bot|siteaudit)/",
    "GPTBot/[0-9]+[.][0-9]+",           "OAI-SearchBot/[0-9]",       "ChatGPT-User/[0-9]",
    "Perplexity(Bot|-User)/",           "Amazon(bot|Kendra)/?"};

Rule RuleNamed(std::string name, Action action) {
  Rule rule;
  rule.name = std::move(name);
  rule.action = action;
  rule.rank = action == Action::kChallenge ? 2 : 0;
  return rule;
}

// Range `number` of lists that look like those of crawlers: blocks of 16 to 4,096 addresses, some
// side by side, and one in five of IPv6.
Cidr CrawlerRange(std::size_t number) {
  const auto low = static_cast<std::uint8_t>(number);
  const auto high = static_cast<std::uint8_t>(number >> 8);
  if (number % 5 == 4) {
    return {IpAddress::V6({0x26, 0x00, 0x19, high, 0x00, 0x00, low, 0x00}), 64};
  }
  static constexpr std::array<std::uint8_t, 8> kFirst = {20, 40, 52, 66, 74, 157, 192, 207};
  static constexpr std::array<int, 4> kLengths = {20, 24, 27, 28};
  const int length = kLengths[number / 8 % 4];
  return {IpAddress::V4({kFirst[number % 8], static_cast<std::uint8_t>(16 + high), low, 0}),
          length == 20 && low % 16 != 0 ? 24 : length};
}

std::vector<std::shared_ptr<const RangeList>> CrawlerLists() {
  std::vector<std::shared_ptr<RangeList>> lists;
  for (std::size_t i = 0; i < kLists; ++i) {
    lists.push_back(std::make_shared<RangeList>());
    lists.back()->name = std::string("crawler-").append(std::to_string(i)).append(".json");
  }
  for (std::size_t i = 0; i < kFieldRanges; ++i) {
    lists[i / 8 % kLists]->ranges.push_back(CrawlerRange(i));
  }
  return {lists.begin(), lists.end()};
}

void AddPathRules(bool with_regexes, PolicySource& source) {
  static constexpr std::array<const char*, 4> kExpressions = {
      "^/(static|assets)/", "^/feeds?([.]xml|/)", "^/(wp-login|xmlrpc)[.]php",
      "/[.](env|git|htaccess)"};
  Rule assets = RuleNamed("assets", Action::kAllow);
  assets.paths = {"/static/*", "/assets/*"};
  Rule feeds = RuleNamed("feeds", Action::kAllow);
  feeds.paths = {"/feed", "/feed.xml", "/atom.xml", "/rss.xml", "/index.xml", "/blog/feed"};
  Rule probes = RuleNamed("probes", Action::kDeny);
  probes.paths = {"/wp-login.php", "/xmlrpc.php", "/wp-admin/*", "/cgi-bin/*"};
  Rule secrets = RuleNamed("secrets", Action::kDeny);
  secrets.paths = {"/.env", "/.git/*", "/*/.git/*", "*.bak"};
  std::size_t i = 0;
  for (Rule* rule : {&assets, &feeds, &probes, &secrets}) {
    if (with_regexes) {
      rule->paths.clear();
      rule->path_regexes = {kExpressions[i]};
    }
    ++i;
    source.rules.push_back(std::move(*rule));
  }
}

void AddCrawlerRules(bool with_regexes, PolicySource& source) {
  const auto lists = CrawlerLists();
  for (std::size_t i = 0; i < kLists; ++i) {
    std::string name = std::string("crawler-").append(std::to_string(i));
    Rule rule = RuleNamed(name, Action::kAllow);
    if (with_regexes && i < kRegexes.size()) {
      rule.user_agent_regexes = {kRegexes[i]};
      rule.ip_lists = {lists[i]};
    } else {
      source.agents.push_back({name, {kVerified[i]}, {lists[i]}, {}});
      rule.agents = {name};
    }
    source.rules.push_back(std::move(rule));
  }
  for (const char* claim : kClaimed) {
    Rule rule = RuleNamed(std::string("scraper-").append(std::to_string(source.rules.size())),
                          Action::kDeny);
    rule.user_agents = {claim};
    source.rules.push_back(std::move(rule));
  }
}

// Twelve of what else rules ask.
void AddOtherRules(PolicySource& source) {
  const auto add = [&source](const char* name, Action action) -> Rule& {
    source.rules.push_back(RuleNamed(name, action));
    return source.rules.back();
  };
  Rule& credentials = add("credentials", Action::kAllow);
  credentials.paths = {"/api/*"};
  credentials.headers = {{"authorization", FieldQuestion::kPresent, {}}};
  Rule& git = add("git", Action::kAllow);
  git.paths = {"/repos/*/info/refs", "/repos/*/git-upload-pack"};
  git.headers = {{"git-protocol", FieldQuestion::kPresent, {}}};
  add("methods", Action::kDeny).methods = {"TRACE", "CONNECT"};
  Rule& search = add("search", Action::kChallenge);
  search.paths = {"/search"};
  search.queries = {{"page", FieldQuestion::kPresent, {}}};
  add("staging", Action::kDeny).hosts = {"staging.example.org", "*.internal.example.org"};
  Rule& languages = add("no-language", Action::kNone);
  languages.headers = {{"accept-language", FieldQuestion::kAbsent, {}}};
  languages.weight = 5;
  Rule& admin = add("admin", Action::kDeny);
  admin.paths = {"/admin/*"};
  admin.negated.resize(1);
  admin.negated[0].ips = {{IpAddress::V4({203, 0, 113, 0}), 24}};
  Rule& downloads = add("downloads", Action::kAllow);
  downloads.paths = {"/downloads/*"};
  downloads.rank_held = 3;
  add("fingerprints", Action::kDeny).tls_fingerprints = {"t13d1516h2_8daaf6152771_b186095e22b6"};
  Rule& networks = add("networks", Action::kNone);
  networks.asns = {64500, 64501, 64502};
  networks.weight = 3;
  Rule& countries = add("countries", Action::kNone);
  countries.countries = {"XA", "XB"};
  countries.weight = 3;
  countries.mode = RuleMode::kShadow;
  add("everything", Action::kChallenge);
  source.thresholds = {{8, Action::kDeny, 0}};
}

PolicySource FieldPolicyWith(bool with_regexes) {
  PolicySource source;
  AddPathRules(with_regexes, source);
  AddCrawlerRules(with_regexes, source);
  AddOtherRules(source);
  const auto count = static_cast<std::ptrdiff_t>(source.rules.size());
  // One more of the last kinds makes 40.
  Rule health = RuleNamed("own-hosts", Action::kAllow);
  health.ips = {{IpAddress::V4({203, 0, 113, 0}), 24}};
  source.rules.insert(source.rules.begin() + count - 1, std::move(health));
  return source;
}

}  // namespace

PolicySource FieldPolicy() { return FieldPolicyWith(false); }
PolicySource RegexPolicy() { return FieldPolicyWith(true); }

PolicySource PolicyOfSize(std::size_t rules) {
  PolicySource source;
  while (source.rules.size() + 1 < rules) {
    const std::size_t i = source.rules.size();
    const std::string number = std::to_string(i);
    Rule rule =
        RuleNamed(std::string("rule-").append(number), i % 2 == 0 ? Action::kDeny : Action::kAllow);
    switch (i % 6) {
      case 0:
        rule.user_agents = {std::string("Crawler").append(number).append("Bot/")};
        break;
      case 1:
        rule.paths = {std::string("/section-").append(number).append("/*")};
        break;
      case 2:
        rule.ips = {CrawlerRange(i)};
        break;
      case 3:
        rule.hosts = {std::string("*.site-").append(number).append(".example.net")};
        break;
      case 4:
        rule.tls_fingerprints = {std::string("t13d-").append(number)};
        break;
      default:
        rule.paths = {std::string("/page-").append(number)};
        rule.countries = {"XA"};
    }
    source.rules.push_back(std::move(rule));
  }
  source.rules.push_back(RuleNamed("everything", Action::kChallenge));
  return source;
}

// Blocks follow each other in an order that jumps about, as lists of many sources do.
IpAddress AddressInRange(std::size_t index) {
  const auto spread = static_cast<std::uint32_t>(index) * 0x9E3779B1u;
  const auto byte = [spread](int shift) { return static_cast<std::uint8_t>(spread >> shift); };
  if (index % 4 == 3) {
    return IpAddress::V6({0x24, 0x00, byte(24), byte(16), byte(8), byte(0), 0, 0, 1});
  }
  return IpAddress::V4({byte(24), byte(16), byte(8), static_cast<std::uint8_t>(byte(0) | 1)});
}

PolicySource PolicyOfRanges(std::size_t ranges) {
  constexpr std::size_t kCount = 16;
  std::vector<std::shared_ptr<RangeList>> lists;
  for (std::size_t i = 0; i < kCount; ++i) {
    lists.push_back(std::make_shared<RangeList>());
    lists.back()->name = std::string("list-").append(std::to_string(i));
  }
  for (std::size_t i = 0; i < ranges; ++i) {
    IpAddress::Bytes16 bytes = AddressInRange(i).bytes();
    if (AddressInRange(i).is_v6()) {
      bytes[8] = 0;
      lists[i % kCount]->ranges.push_back({IpAddress::V6(bytes), 48});
    } else {
      bytes[3] &= 0xFE;
      lists[i % kCount]->ranges.push_back(
          {IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]}), 31});
    }
  }
  PolicySource source;
  for (std::size_t i = 0; i < kCount; ++i) {
    Rule rule = RuleNamed(std::string("list-").append(std::to_string(i)), Action::kDeny);
    rule.ip_lists = {lists[i]};
    source.rules.push_back(std::move(rule));
  }
  return source;
}

std::shared_ptr<const Policy> CompileOrExit(PolicySource source) {
  auto policy = Policy::Compile(std::move(source));
  if (policy) return *std::move(policy);
  std::fprintf(stderr, "stile_bench: %s\n", ToString(policy.error()).c_str());
  std::exit(1);
}

}  // namespace stile::bench
