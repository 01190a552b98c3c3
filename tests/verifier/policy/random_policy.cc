#include "tests/verifier/policy/random_policy.h"

#include <utility>

namespace stile {
namespace {

constexpr const char* kHosts[] = {"example.org",     "*.example.org", "*",
                                  "www.example.net", "*.net",         "[2001:db8::1]"};
constexpr const char* kSentHosts[] = {
    "example.org",   "WWW.Example.ORG.", "a.b.example.org", "www.example.net", "",
    "[2001:DB8::1]", "example.com"};
constexpr const char* kPaths[] = {
    "/",        "/*",       "/a",      "/a/*",        "/a/b",         "/a*",
    "*.php",    "/a/?/c",   "/*/edit", "*b*",         "/caf\xc3\xa9", "/a b/*",
    "/edit/?*", "/b/x.php", "/a/b/c",  "/robots.txt", "/b/*"};
constexpr const char* kSegments[] = {"a",     "b",    "c",     "..",        ".", "%61",
                                     "a;x",   "edit", "x.php", "caf%C3%A9", "",  "a%20b",
                                     "b%2fc", "a\\b", "abc1",  "ADMIN"};
constexpr const char* kTargets[] = {"/robots.txt", "/.well-known/a", "/",
                                    "/a",          "/a/b/c",         "/b/x.php"};
constexpr const char* kPathRegexes[] = {"edit$", "^/(a|b)/.*[.]php", "(?i)admin", "abc[0-9]",
                                        "/a/b.?c?$|robots"};
constexpr const char* kMethods[] = {"GET", "POST", "HEAD", "OPTIONS"};
constexpr const char* kAgentTexts[] = {"GPTBot",      "GPT",      "curl/",     "bo",           "x",
                                       "Mozilla/5.0", "Chrome/1", "Crawler-X", "LongerName/2", "tB",
                                       "ot C"};
constexpr const char* kAgentWords[] = {"GPTBot",     "gptbot",    "curl/7",    "Mozilla/5.0",
                                       "Chrome/1",   "Crawler-X", "Crawler-Y", "LongerName/2",
                                       "LongerName", "b",         "xo"};
constexpr const char* kAgentRegexes[] = {"GPT[A-Z]ot", "(?i)chrome/[0-9]+$", "curl|Longer.*/[0-9]",
                                         "Craw.er-[^Y]"};
constexpr const char* kCountries[] = {"NO", "SE", "unknown"};
constexpr const char* kSentCountries[] = {"NO", "SE", "FI", ""};
constexpr std::uint32_t kAsns[] = {0, 1, 2, 64500};
constexpr const char* kFingerprints[] = {"t1", "t2", "unknown"};
constexpr const char* kSentFingerprints[] = {"t1", "t2", "t3", "t", ""};
constexpr const char* kAgents[] = {"listed", "named", "both", "nameless"};
constexpr const char* kValues[] = {"text/html", "abc", "1", "a b", "html", ""};
constexpr const char* kSentValues[] = {"text/html", "abc", "1", "a+b", "a%20b", "%61bc", "x", ""};
constexpr const char* kValueRegexes[] = {"html$", "abcd*", "a b|text"};

}  // namespace

RandomPolicy::RandomPolicy(std::uint32_t seed) : random_(seed) {
  for (int i = 0; i < 4; ++i) {
    auto list = std::make_shared<RangeList>();
    list->name = std::string("list-").append(std::to_string(i));
    for (std::size_t k = 1 + Below(12); k > 0; --k) list->ranges.push_back(Range());
    lists_.push_back(std::move(list));
  }
}

IpAddress RandomPolicy::Address() {
  const auto byte = [this] { return static_cast<std::uint8_t>(Below(3)); };
  if (OneIn(3)) {
    IpAddress::Bytes16 bytes{0x20, 0x01, 0x0d, 0xb8};
    bytes[5] = byte();
    bytes[7] = byte();
    bytes[15] = byte();
    return IpAddress::V6(bytes);
  }
  return IpAddress::V4({10, byte(), byte(), byte()});
}

Cidr RandomPolicy::Range() {
  static constexpr int kLengths4[] = {0, 8, 15, 16, 23, 24, 31, 32};
  static constexpr int kLengths6[] = {0, 32, 47, 48, 63, 64, 127, 128};
  const IpAddress address = Address();
  const int length = address.is_v6() ? Pick(kLengths6) : Pick(kLengths4);
  IpAddress::Bytes16 bytes = address.bytes();
  for (int bit = length; bit < 128; ++bit) {
    bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(128 >> (bit % 8)));
  }
  if (address.is_v6()) return {IpAddress::V6(bytes), length};
  return {IpAddress::V4({bytes[0], bytes[1], bytes[2], bytes[3]}), length};
}

template <typename List>
std::vector<std::string> RandomPolicy::Some(const List& list) {
  std::vector<std::string> some;
  for (std::size_t n = 1 + (OneIn(3) ? Below(3) : 0); n > 0; --n) some.emplace_back(Pick(list));
  return some;
}

FieldTest RandomPolicy::Field(bool is_header) {
  FieldTest test;
  test.question = static_cast<FieldQuestion>(Below(5));
  const bool has_values =
      test.question != FieldQuestion::kPresent && test.question != FieldQuestion::kAbsent;
  static constexpr const char* kHeaders[] = {"accept", "x-a", "x-long"};
  static constexpr const char* kParameters[] = {"a", "page", "a b"};
  if (is_header) {
    test.name = Pick(kHeaders);
  } else if (!has_values || !OneIn(3)) {
    test.name = Pick(kParameters);
  }
  if (test.question == FieldQuestion::kRegex) {
    test.values = Some(kValueRegexes);
  } else if (has_values) {
    test.values = Some(kValues);
    for (std::string& value : test.values) {
      if (value.empty() && test.question == FieldQuestion::kContains) value.assign(1, '=');
    }
  }
  return test;
}

void RandomPolicy::FillMatcher(Matchers& table, std::size_t kind) {
  switch (kind) {
    case 0:
      table.hosts = Some(kHosts);
      break;
    case 1:
      table.paths = Some(kPaths);
      break;
    case 2:
      table.path_regexes = Some(kPathRegexes);
      break;
    case 3:
      table.methods = Some(kMethods);
      break;
    case 4:
      table.user_agents = Some(kAgentTexts);
      break;
    case 5:
      table.user_agent_regexes = Some(kAgentRegexes);
      break;
    case 6:
      for (std::size_t n = Below(4); n > 0; --n) table.ips.push_back(Range());
      for (std::size_t n = Below(3); n > 0; --n) table.ip_lists.push_back(Pick(lists_));
      break;
    case 7:
      table.countries = Some(kCountries);
      break;
    case 8:
      table.asns = {Pick(kAsns)};
      break;
    case 9:
      table.tls_fingerprints = Some(kFingerprints);
      break;
    case 10:
      table.agents = Some(kAgents);
      break;
    case 11:
      for (std::size_t n = 1 + Below(2); n > 0; --n) table.headers.push_back(Field(true));
      break;
    case 12:
      for (std::size_t n = 1 + Below(2); n > 0; --n) table.queries.push_back(Field(false));
      break;
    case 13:
      table.rank_held = static_cast<std::uint8_t>(Below(4));
      break;
    case 14:
      table.rate = 100;
      break;
    default:
      table.overload = 50;
      break;
  }
}

void RandomPolicy::FillTable(Matchers& table, bool strict, std::size_t depth) {
  constexpr std::size_t kKinds = 16;
  for (std::size_t n = OneIn(4) ? Below(4) : 1; n > 0; --n) {
    // Fields can give up, which matters at every depth.
    const std::size_t kind = Below(kKinds + 6);
    FillMatcher(table, kind < kKinds ? kind : 11 + kind % 2);
  }
  if (depth >= Matchers::kMaxDepth || !OneIn(depth == 0 ? 2 : 3)) return;
  const std::size_t kind = Below(4);
  const std::size_t count = kind == 2 ? 1 : 1 + Below(3);
  auto& below = kind == 0 ? table.all : kind == 2 ? table.negated : table.any;
  for (std::size_t i = 0; i < count; ++i) {
    below.emplace_back();
    FillTable(below.back(), kind == 2 ? !strict : strict, depth + 1);
  }
}

Rule RandomPolicy::NewRule() {
  Rule rule;
  switch (Below(4)) {
    case 0:
      rule.action = Action::kAllow;
      break;
    case 1:
      rule.action = Action::kDeny;
      break;
    case 2:
      rule.action = Action::kChallenge;
      rule.rank = static_cast<std::uint8_t>(1 + Below(3));
      break;
    default: {
      static constexpr int kWeights[] = {-7, -1, 1, 5, 10};
      rule.weight = Pick(kWeights);
    }
  }
  if (OneIn(6)) rule.mode = RuleMode::kShadow;
  if (OneIn(12)) rule.mode = RuleMode::kOff;
  rule.on_fault = static_cast<OnFault>(Below(4));
  FillTable(rule, rule.action == Action::kAllow || rule.weight < 0, 0);
  return rule;
}

// Asks for a field that may be too long to search, in each way in which that can matter: what lets
// pass gives up only below a `not`.
Rule RandomPolicy::RuleThatGivesUp() {
  Rule rule;
  const std::size_t kind = Below(4);
  const bool strict = kind < 2;
  if (kind == 0) rule.action = Action::kAllow;
  if (kind == 1) rule.weight = -1;
  if (kind == 2) rule.weight = 3;
  if (kind == 3) rule.action = Action::kDeny;
  rule.on_fault = static_cast<OnFault>(Below(4));
  Matchers field;
  field.headers = {{"x-long", FieldQuestion::kContains, {Pick(kAgentTexts)}}};
  Matchers negated;
  negated.negated = {field};
  switch (Below(3)) {
    case 0:
      rule.any = {strict ? negated : field};
      break;
    case 1:
      rule.all = {strict ? negated : field};
      break;
    default:
      rule.negated = {strict ? field : negated};
  }
  return rule;
}

PolicySource RandomPolicy::Source() {
  PolicySource source;
  static constexpr Action kActions[] = {Action::kAllow, Action::kDeny, Action::kChallenge};
  source.agents = {{"listed", {"GPTBot"}, {lists_[0]}, {}},
                   {"named", {"Crawler-"}, {}, {"*.example.com"}},
                   {"both", {"LongerName", "curl"}, {lists_[1], lists_[2]}, {"*.example.org"}},
                   {"nameless", {"x"}, {lists_[3]}, {"*.example.net"}}};
  if (OneIn(2)) source.rules.push_back(RuleThatGivesUp());
  for (std::size_t n = 1 + Below(OneIn(10) ? 70 : 12); n > 0; --n) {
    source.rules.push_back(NewRule());
  }
  for (std::size_t n = Below(3); n > 0; --n) {
    Threshold threshold;
    threshold.at = static_cast<std::int32_t>(n * 5) - 4;
    threshold.action = Pick(kActions);
    threshold.rank = threshold.action == Action::kChallenge ? 2 : 0;
    source.thresholds.push_back(threshold);
  }
  source.default_action = Pick(kActions);
  source.default_rank = static_cast<std::uint8_t>(1 + Below(3));
  return source;
}

std::string RandomPolicy::Query() {
  static constexpr const char* kNames[] = {"a", "page", "%61", "a+b", "a%20b", "pag", "x"};
  if (OneIn(3)) return "";
  std::string query(1, '?');
  for (std::size_t n = Below(4); n > 0; --n) {
    query += Pick(kNames);
    if (!OneIn(5)) query.append("=").append(Pick(kSentValues));
    if (n > 1 || OneIn(6)) query += '&';
  }
  if (OneIn(15)) query.append("&z=").append(9000, 'z');
  return query;
}

std::string RandomPolicy::Target() {
  if (OneIn(3)) return std::string(Pick(kTargets)).append(Query());
  std::string target;
  for (std::size_t n = Below(5); n > 0; --n) target.append("/").append(Pick(kSegments));
  if (OneIn(200)) target.append("/").append(8200, 'a');
  return target + Query();
}

std::unique_ptr<OwnedRequest> RandomPolicy::NewRequest() {
  auto owned = std::make_unique<OwnedRequest>();
  Request& request = owned->request;
  const auto keep = [&owned](std::string text) {
    owned->texts.push_back(std::move(text));
    return std::string_view(owned->texts.back());
  };
  request.method = OneIn(20) ? "BREW" : Pick(kMethods);
  request.target = keep(Target());
  request.host = Pick(kSentHosts);
  if (OneIn(60)) request.host = keep(std::string(300, 'h').append(".example.org"));
  std::string agent = OneIn(30) ? std::string(495 + Below(20), ' ') : std::string();
  for (std::size_t n = Below(5); n > 0; --n) {
    agent += Pick(kAgentWords);
    if (OneIn(2)) agent += ' ';
  }
  request.user_agent = keep(agent);
  if (OneIn(10)) {
    request.origin = "https://example.org";
    request.access_control_request_method = "PUT";
  }
  static constexpr const char* kNames[] = {"Accept", "X-A", "x-a", "X-B", "X-Long"};
  for (std::size_t n = Below(5); n > 0; --n) {
    std::string_view value = Pick(kSentValues);
    std::string_view name = Pick(kNames);
    if (OneIn(5)) {
      value = keep(std::string(9000, 'y'));
      name = "x-long";
    }
    owned->fields.push_back({name, value});
  }
  request.fields = owned->fields;
  if (!OneIn(6)) request.address = Address();
  request.country = Pick(kSentCountries);
  request.asn = Pick(kAsns);
  request.tls_fingerprint = Pick(kSentFingerprints);
  return owned;
}

ClientFacts RandomPolicy::Facts() {
  ClientFacts facts;
  facts.rank_held = static_cast<std::uint8_t>(Below(4));
  facts.now = UnixMillis{1'000'000};
  if (OneIn(2)) facts.rate = static_cast<std::uint32_t>(Below(200));
  if (OneIn(2)) facts.overload = static_cast<std::uint8_t>(Below(101));
  return facts;
}

}  // namespace stile
