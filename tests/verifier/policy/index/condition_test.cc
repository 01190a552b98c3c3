// What each matcher says of a request, whether it is known, and in which reading.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

// What a table of matchers comes to, seen from outside: rules that allow or deny by it, or by its
// opposite, match on yes only. What gave up is a yes where it refuses.
std::string ValueOf(const Matchers& table, const Request& request, bool strict,
                    const ClientFacts& facts = {}) {
  const auto matches = [&](const Matchers& matchers, Action action) {
    Rule rule;
    static_cast<Matchers&>(rule) = matchers;
    rule.action = action;
    PolicySource source;
    source.rules = {rule};
    return Compiled(source)->Match(request, facts).rule != kNoRule;
  };
  // A `not` turns the reading.
  Matchers opposite;
  opposite.negated = {table};
  if (matches(table, strict ? Action::kAllow : Action::kDeny)) return "yes";
  return matches(opposite, strict ? Action::kDeny : Action::kAllow) ? "no" : "unknown";
}

std::string Strict(const Matchers& table, const Request& request, const ClientFacts& facts = {}) {
  return ValueOf(table, request, true, facts);
}
std::string Lenient(const Matchers& table, const Request& request, const ClientFacts& facts = {}) {
  return ValueOf(table, request, false, facts);
}

Matchers Query(FieldTest test) {
  Matchers table;
  table.queries = {std::move(test)};
  return table;
}
Matchers Header(FieldTest test) {
  Matchers table;
  table.headers = {std::move(test)};
  return table;
}

TEST(Condition, CountryAsnAndFingerprintAreUnknownUnlessKnownOrAskedForSo) {
  Matchers country;
  country.countries = {"NO", "SE"};
  Matchers asn;
  asn.asns = {64500};
  Matchers tls;
  tls.tls_fingerprints = {"abc"};
  Request request = RequestFor("/");
  for (const Matchers* table : {&country, &asn, &tls}) {
    EXPECT_EQ(Strict(*table, request), "unknown");
    EXPECT_EQ(Lenient(*table, request), "unknown");
  }
  request.country = "SE";
  request.asn = 64500;
  request.tls_fingerprint = "abc";
  for (const Matchers* table : {&country, &asn, &tls}) EXPECT_EQ(Strict(*table, request), "yes");
  request.country = "DK";
  request.asn = 64501;
  request.tls_fingerprint = "abcd";
  for (const Matchers* table : {&country, &asn, &tls}) EXPECT_EQ(Strict(*table, request), "no");
  country.countries.emplace_back("unknown");
  asn.asns.push_back(0);
  tls.tls_fingerprints.emplace_back("unknown");
  for (const Matchers* table : {&country, &asn, &tls}) {
    EXPECT_EQ(Strict(*table, request), "no");
    EXPECT_EQ(Strict(*table, RequestFor("/")), "yes");
  }
}

TEST(Condition, AddressIsInRangesAndListsOrUnknown) {
  auto list = std::make_shared<RangeList>();
  list->ranges = {RangeOf("192.0.2.0", 24), RangeOf("2001:db8::", 32)};
  Matchers table;
  table.ips = {RangeOf("198.51.100.0", 25)};
  table.ip_lists = {list};
  Request request = RequestFor("/");
  EXPECT_EQ(Strict(table, request), "yes");
  request.address = AddressOf("2001:db8::1");
  EXPECT_EQ(Strict(table, request), "yes");
  request.address = AddressOf("198.51.100.128");
  EXPECT_EQ(Strict(table, request), "no");
  request.address.reset();
  EXPECT_EQ(Strict(table, request), "unknown");
  EXPECT_EQ(Lenient(table, request), "unknown");
}

TEST(Condition, RankRateAndOverloadMustBeReached) {
  Matchers rank;
  rank.rank_held = 2;
  Matchers rate;
  rate.rate = 300;
  Matchers overload;
  overload.overload = 80;
  const Request request = RequestFor("/");
  ClientFacts facts;
  EXPECT_EQ(Strict(rank, request, facts), "no");
  EXPECT_EQ(Strict(rate, request, facts), "unknown");
  EXPECT_EQ(Strict(overload, request, facts), "unknown");
  facts.rank_held = 2;
  facts.rate = 300;
  facts.overload = 80;
  for (const Matchers* table : {&rank, &rate, &overload}) {
    EXPECT_EQ(Strict(*table, request, facts), "yes");
  }
  facts.rate = 299;
  facts.overload = 79;
  EXPECT_EQ(Strict(rate, request, facts), "no");
  EXPECT_EQ(Strict(overload, request, facts), "no");
}

TEST(Condition, PathThatLetsPassMustHaveOneReading) {
  Matchers table;
  table.path_regexes = {"^/admin"};
  EXPECT_EQ(Strict(table, RequestFor("/admin/x")), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/x/../admin")), "no");
  EXPECT_EQ(Lenient(table, RequestFor("/x/../admin")), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/admin/../x")), "no");
  EXPECT_EQ(Lenient(table, RequestFor("/admin/../x")), "yes");
}

TEST(Condition, NotTurnsTheReading) {
  // A rule that allows what is not below /admin must not be talked out of it.
  Rule rule;
  rule.action = Action::kAllow;
  rule.negated.resize(1);
  rule.negated[0].paths = {"/admin/*"};
  const auto policy = CompiledRules({rule});
  EXPECT_EQ(policy->Match(RequestFor("/public")).rule, 0);
  EXPECT_EQ(policy->Match(RequestFor("/admin/x")).rule, kNoRule);
  EXPECT_EQ(policy->Match(RequestFor("/x/../%61dmin/x")).rule, kNoRule);
}

TEST(Condition, ParameterSentTwiceLetsPassOnlyIfBothWould) {
  const Matchers table = Query({"page", FieldQuestion::kEquals, {"1"}});
  EXPECT_EQ(Strict(table, RequestFor("/?page=1")), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/?a=2&page=1&page=1")), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/?page=1&page=2")), "no");
  EXPECT_EQ(Strict(table, RequestFor("/?page=1&p%61ge=1")), "no");
  EXPECT_EQ(Strict(table, RequestFor("/?page=%31")), "no");
  EXPECT_EQ(Strict(table, RequestFor("/?xpage=1")), "no");
  EXPECT_EQ(Strict(table, RequestFor("/")), "no");
  EXPECT_EQ(Lenient(table, RequestFor("/?page=2&page=1")), "yes");
  EXPECT_EQ(Lenient(table, RequestFor("/?p%61ge=%31")), "yes");
  EXPECT_EQ(Lenient(table, RequestFor("/?page=11")), "no");
}

TEST(Condition, ParameterIsPresentOrAbsentInTheSaferReading) {
  const Matchers present = Query({"a b", FieldQuestion::kPresent, {}});
  const Matchers absent = Query({"a b", FieldQuestion::kAbsent, {}});
  EXPECT_EQ(Strict(present, RequestFor("/?a b")), "yes");
  EXPECT_EQ(Strict(present, RequestFor("/?a+b=1")), "no");
  EXPECT_EQ(Lenient(present, RequestFor("/?a%20b")), "yes");
  EXPECT_EQ(Strict(absent, RequestFor("/?a+b=1")), "no");
  EXPECT_EQ(Lenient(absent, RequestFor("/?a+b=1")), "yes");
  EXPECT_EQ(Strict(absent, RequestFor("/?x=1")), "yes");
}

TEST(Condition, WholeQueryIsReadAsSentAndDecoded) {
  const Matchers table = Query({"", FieldQuestion::kContains, {"q=a b"}});
  EXPECT_EQ(Strict(table, RequestFor("/?q=a b")), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/?q=a+b")), "no");
  EXPECT_EQ(Lenient(table, RequestFor("/?q=a+b")), "yes");
  EXPECT_EQ(Lenient(table, RequestFor("/?q=a%20b&x")), "yes");
  EXPECT_EQ(Lenient(table, RequestFor("/q=a b")), "no");
}

TEST(Condition, HeaderNameIsReadInAnyCaseAndItsValueByteForByte) {
  const Matchers table = Header({"accept-language", FieldQuestion::kEquals, {"en"}});
  std::vector<RequestField> fields = {{"Accept-Encoding", "en"}, {"ACCEPT-Language", "en"}};
  Request request = RequestFor("/");
  request.fields = fields;
  EXPECT_EQ(Strict(table, request), "yes");
  fields[1].value = "EN";
  EXPECT_EQ(Lenient(table, request), "no");
  fields[1] = {"Accept\rLanguage", "en"};
  EXPECT_EQ(Lenient(table, request), "no");
  EXPECT_EQ(Strict(Header({"te", FieldQuestion::kPresent, {}}), request), "no");
  fields[1] = {"TE", ""};
  EXPECT_EQ(Strict(Header({"te", FieldQuestion::kPresent, {}}), request), "yes");
  EXPECT_EQ(Strict(Header({"te", FieldQuestion::kAbsent, {}}), request), "no");
}

TEST(Condition, HeaderSentTwiceLetsPassOnlyIfBothWould) {
  const Matchers table = Header({"x-key", FieldQuestion::kContains, {"good"}});
  const std::vector<RequestField> fields = {{"X-Key", "good"}, {"x-key", "bad"}};
  Request request = RequestFor("/");
  request.fields = fields;
  EXPECT_EQ(Strict(table, request), "no");
  EXPECT_EQ(Lenient(table, request), "yes");
  EXPECT_EQ(Strict(table, RequestFor("/")), "no");
}

TEST(Condition, TextTooLongToSearchLetsNothingPassAndRefuses) {
  const std::string longest(8192, 'a');
  const std::string too_long = longest + "a";
  for (const FieldQuestion question :
       {FieldQuestion::kEquals, FieldQuestion::kContains, FieldQuestion::kRegex}) {
    const Matchers header = Header({"x-key", question, {"bbb"}});
    const Matchers query = Query({"key", question, {"bbb"}});
    std::vector<RequestField> fields = {{"x-key", longest}};
    Request request = RequestFor("/");
    request.fields = fields;
    EXPECT_EQ(Lenient(header, request), "no");
    fields[0].value = too_long;
    EXPECT_EQ(Lenient(header, request), "yes");
    EXPECT_EQ(Strict(header, request), "no");
    fields.push_back({"x-key", "bbb"});
    request.fields = fields;
    EXPECT_EQ(Lenient(header, request), "yes");
    const std::string long_query = "/?" + longest;
    const std::string too_long_query = "/?" + too_long;
    EXPECT_EQ(Lenient(query, RequestFor(long_query)), "no");
    EXPECT_EQ(Lenient(query, RequestFor(too_long_query)), "yes");
    EXPECT_EQ(Strict(query, RequestFor(too_long_query)), "no");
  }
}

struct Crawler {
  PolicySource source;
  std::unique_ptr<ReverseNames> names;
  Request request = RequestFor("/");
  ClientFacts facts;

  Crawler() {
    auto list = std::make_shared<RangeList>();
    list->ranges = {RangeOf("192.0.2.0", 24)};
    source.agents = {{"examplebot", {"Examplebot/"}, {list}, {"*.bot.example.com"}}};
    source.rules.resize(1);
    source.rules[0].action = Action::kAllow;
    source.rules[0].agents = {"examplebot"};
    names = *ReverseNames::Create({1});
    request.user_agent = "Examplebot/2.0";
    facts.now = UnixMillis{1000};
  }
  [[nodiscard]] PolicyMatch Match() const { return Compiled(source)->Match(request, facts); }
  void Record(NameVerdict verdict) {
    names->Record(*request.address, Compiled(source)->AgentKey(0), verdict, UnixMillis{2000});
  }
};

TEST(Agent, IsWhoClaimsItFromAListedAddress) {
  Crawler crawler;
  crawler.request.address = AddressOf("192.0.2.7");
  EXPECT_EQ(crawler.Match().rule, 0);
  crawler.request.user_agent = "Mozilla/5.0";
  EXPECT_EQ(crawler.Match().rule, kNoRule);
}

TEST(Agent, IsNotWhoClaimsItFromElsewhere) {
  Crawler crawler;
  EXPECT_EQ(crawler.Match().rule, kNoRule);
  EXPECT_EQ(crawler.Match().agent_to_ask, kNoRule);
  crawler.request.address.reset();
  EXPECT_EQ(crawler.Match().rule, kNoRule);
}

TEST(Agent, IsWhoReverseDnsConfirms) {
  Crawler crawler;
  crawler.facts.names = crawler.names.get();
  EXPECT_EQ(crawler.Match().rule, kNoRule);
  EXPECT_EQ(crawler.Match().agent_to_ask, 0);
  crawler.Record(NameVerdict::kUnknown);
  EXPECT_EQ(crawler.Match().rule, kNoRule);
  EXPECT_EQ(crawler.Match().agent_to_ask, kNoRule);
  crawler.Record(NameVerdict::kRefuted);
  EXPECT_EQ(crawler.Match().rule, kNoRule);
  crawler.Record(NameVerdict::kConfirmed);
  EXPECT_EQ(crawler.Match().rule, 0);
  crawler.request.user_agent = "Mozilla/5.0";
  EXPECT_EQ(crawler.Match().rule, kNoRule);
}

TEST(Agent, IsNotAskedForBelowTheRuleThatDecides) {
  Crawler crawler;
  crawler.facts.names = crawler.names.get();
  crawler.source.rules.insert(crawler.source.rules.begin(), DenyPath("/*"));
  EXPECT_EQ(crawler.Match().rule, 0);
  EXPECT_EQ(crawler.Match().agent_to_ask, kNoRule);
}

TEST(Agent, KeyIsThatOfItsNames) {
  Crawler crawler;
  const auto policy = Compiled(crawler.source);
  crawler.source.agents[0].name = "other";
  crawler.source.rules[0].agents = {"other"};
  EXPECT_EQ(Compiled(crawler.source)->AgentKey(0), policy->AgentKey(0));
  crawler.source.agents[0].reverse_names.emplace_back("*.example.org");
  EXPECT_NE(Compiled(crawler.source)->AgentKey(0), policy->AgentKey(0));
  crawler.source.agents[0].reverse_names.clear();
  EXPECT_EQ(Compiled(crawler.source)->AgentKey(0), 0u);
  EXPECT_EQ(policy->AgentKey(1), 0u);
}

Rule Weighs(std::int32_t weight) {
  Rule rule;
  rule.weight = weight;
  return rule;
}

TEST(Weights, SumUpUntilARuleDecides) {
  Rule shadow = Weighs(100);
  shadow.mode = RuleMode::kShadow;
  const auto policy = CompiledRules({Weighs(5), shadow, Weighs(-2), AllowPath("/a"), Weighs(9)});
  EXPECT_EQ(policy->Match(RequestFor("/a")).weight, 3);
  EXPECT_EQ(policy->Match(RequestFor("/a")).rule, 3);
  EXPECT_EQ(policy->Match(RequestFor("/a")).shadow_rule, 1);
  EXPECT_EQ(policy->Match(RequestFor("/b")).weight, 12);
}

TEST(Weights, GreatestThresholdReachedDecides) {
  PolicySource source;
  source.rules = {Weighs(5), AllowPath("/a")};
  source.thresholds = {{3, Action::kAllow, 0}, {6, Action::kDeny, 0}, {5, Action::kChallenge, 3}};
  const PolicyMatch match = Compiled(source)->Match(RequestFor("/"));
  EXPECT_EQ(match.threshold, 2);
  EXPECT_EQ(match.rule, kNoRule);
  EXPECT_EQ(match.action, Action::kChallenge);
  EXPECT_EQ(match.level_rank, 3);
  EXPECT_EQ(Compiled(source)->Match(RequestFor("/a")).threshold, kNoRule);
  source.rules[0].weight = 2;
  EXPECT_EQ(Compiled(source)->Match(RequestFor("/")).threshold, kNoRule);
}

TEST(Weights, ThresholdThatDeniesReachesTheExemptAndOneThatChallengesDoesNot) {
  PolicySource source;
  source.rules = {Weighs(5)};
  source.thresholds = {{5, Action::kChallenge, 3}};
  EXPECT_TRUE(Compiled(source)->Match(RequestFor("/robots.txt")).exempt);
  source.thresholds[0] = {5, Action::kDeny, 0};
  EXPECT_EQ(Compiled(source)->Match(RequestFor("/robots.txt")).action, Action::kDeny);
}

// Requests whose field is too long to search.
struct LongField {
  std::string value = std::string(9000, 'a');
  RequestField field{"X-Key", value};
  Request request = RequestFor("/robots.txt");

  LongField() { request.fields = {&field, 1}; }
  static Rule Asks(Action action) {
    Rule rule;
    rule.action = action;
    rule.rank = action == Action::kChallenge ? 3 : 0;
    rule.headers = {{"x-key", FieldQuestion::kContains, {"b"}}};
    return rule;
  }
};

TEST(GaveUp, RuleThatRefusesMatchesAsIfItHeld) {
  LongField sent;
  sent.request.target = "/";
  for (const OnFault on_fault :
       {OnFault::kStale, OnFault::kOpen, OnFault::kClosed, OnFault::kChallenge}) {
    Rule rule = LongField::Asks(Action::kDeny);
    rule.on_fault = on_fault;
    PolicyMatch match = CompiledRules({rule})->Match(sent.request);
    EXPECT_EQ(match.action, Action::kDeny);
    EXPECT_EQ(match.rule, 0);
    rule = LongField::Asks(Action::kChallenge);
    rule.on_fault = on_fault;
    match = CompiledRules({rule})->Match(sent.request);
    EXPECT_EQ(match.action, Action::kChallenge);
    EXPECT_EQ(match.level_rank, 3);
  }
}

TEST(GaveUp, ExemptRequestIsDeniedAndNotChallenged) {
  LongField sent;
  EXPECT_TRUE(CompiledRules({LongField::Asks(Action::kChallenge)})->Match(sent.request).exempt);
  EXPECT_EQ(CompiledRules({LongField::Asks(Action::kDeny)})->Match(sent.request).action,
            Action::kDeny);
}

TEST(GaveUp, CountsForWhatRefusesOnly) {
  LongField sent;
  Rule negative = LongField::Asks(Action::kNone);
  negative.weight = -5;
  Rule positive = LongField::Asks(Action::kNone);
  positive.weight = 3;
  EXPECT_EQ(CompiledRules({negative, positive})->Match(sent.request).weight, 3);
  EXPECT_EQ(CompiledRules({LongField::Asks(Action::kAllow)})->Match(sent.request).rule, kNoRule);
}

// An address that nobody knows must not hide that a rule gave up.
TEST(GaveUp, WinsOverUnknown) {
  LongField sent;
  sent.request.target = "/";
  sent.request.address.reset();
  Rule rule = LongField::Asks(Action::kDeny);
  rule.ips = {RangeOf("192.0.2.0", 24)};
  EXPECT_EQ(CompiledRules({rule})->Match(sent.request).rule, 0);
  sent.request.address = AddressOf("198.51.100.1");
  EXPECT_EQ(CompiledRules({rule})->Match(sent.request).rule, kNoRule);
}

TEST(Needs, AreWhatRulesThatAreNotOffLookAt) {
  Rule rule;
  rule.action = Action::kDeny;
  rule.any.resize(3);
  rule.any[0].countries = {"NO"};
  rule.any[1].negated.resize(1);
  rule.any[1].negated[0].headers = {{"te", FieldQuestion::kPresent, {}}};
  rule.any[2].asns = {1};
  PolicyNeeds needs = CompiledRules({rule})->needs();
  EXPECT_TRUE(needs.country && needs.fields && needs.asn);
  EXPECT_FALSE(needs.tls_fingerprint || needs.reverse_names);
  rule.mode = RuleMode::kOff;
  needs = CompiledRules({rule})->needs();
  EXPECT_FALSE(needs.country || needs.fields || needs.asn);
  Crawler crawler;
  EXPECT_TRUE(Compiled(crawler.source)->needs().reverse_names);
}

}  // namespace
}  // namespace stile
