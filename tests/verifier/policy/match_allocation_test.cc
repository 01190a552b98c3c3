#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace {
std::atomic<long> allocations{0};

void* Allocate(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
// A sanitizer brings its own of these, which the operators delete below must not meet.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace stile {
namespace {

// A policy with every matcher and every kind of path pattern, in which no rule matches first.
std::shared_ptr<const Policy> FullPolicy() {
  std::vector<Rule> rules = {AllowPath("/public/*"), DenyPath("*.php"), DenyPath("/caf\xc3\xa9")};
  for (int i = 0; i < 23; ++i) {
    Rule rule;
    rule.action = Action::kDeny;
    rule.user_agents = {"Crawler" + std::to_string(i)};
    rules.push_back(rule);
  }
  Rule ranges;
  ranges.action = Action::kDeny;
  for (int i = 0; i < 2768; ++i) {
    ranges.ips.push_back({IpAddress::V4({10, static_cast<std::uint8_t>(i / 256),
                                         static_cast<std::uint8_t>(i % 256), 0}),
                          24});
  }
  rules.push_back(ranges);
  Rule host;
  host.action = Action::kAllow;
  host.hosts = {"*.example.net"};
  host.methods = {"GET"};
  rules.push_back(host);
  Rule shadow = ChallengePath("/*", 3);
  shadow.mode = RuleMode::kShadow;
  rules.push_back(shadow);
  PolicySource source;
  source.agents = {{"examplebot", {"Chrome/"}, {}, {"*.example.com"}}};
  const auto add = [&rules]() -> Matchers& {
    rules.emplace_back().weight = 1;
    return rules.back();
  };
  add().agents = {"examplebot"};
  add().headers = {{"x-key", FieldQuestion::kEquals, {"a"}}, {"x-key", FieldQuestion::kAbsent, {}}};
  add().queries = {{"a", FieldQuestion::kContains, {"zz"}}, {"", FieldQuestion::kEquals, {"zz"}}};
  add().countries = {"NO"};
  add().asns = {64500, 0};
  add().tls_fingerprints = {"t", "unknown"};
  add().rate = 100;
  add().overload = 80;
  add().rank_held = 2;
  // Not found by their literals, so that RE2 is not asked.
  add().user_agent_regexes = {"(?i)otherbot[0-9]"};
  add().path_regexes = {"other[0-9]$"};
  Matchers& nested = add();
  nested.any.resize(2);
  nested.any[0].negated.resize(1);
  nested.any[0].negated[0].hosts = {"example.org"};
  source.rules = std::move(rules);
  source.thresholds = {{50, Action::kDeny, 0}};
  return Compiled(std::move(source));
}

TEST(MatchAllocation, MatchAllocatesNothing) {
  const auto policy = FullPolicy();
  const std::string longest = "/" + std::string(8191, 'a');
  const std::string overlong = longest + "/../b";
  std::string encoded;
  while (encoded.size() < 8000) encoded += "/%2e%2e/a%2561";
  std::vector<Request> requests;
  for (const std::string_view target :
       {std::string_view("/"), std::string_view("/public/../admin"), std::string_view("/%61;x#y"),
        std::string_view("/robots.txt"), std::string_view(), std::string_view(longest),
        std::string_view(overlong), std::string_view(encoded)}) {
    requests.push_back(RequestFor(target));
  }
  const std::string long_text(5000, 'x');
  requests.push_back(RequestFor("/"));
  requests.back().user_agent = long_text;
  requests.back().host = long_text;
  requests.back().address.reset();

  const std::vector<RequestField> fields = {{"X-Key", "a"}, {"x-key", long_text}};
  requests.push_back(RequestFor("/x?a=%61+b&%61=zzz&b"));
  requests.back().fields = fields;
  requests.back().country = "NO";
  requests.back().asn = 64500;
  requests.back().tls_fingerprint = "t";
  const auto names = *ReverseNames::Create({1});
  ClientFacts facts;
  facts.names = names.get();
  facts.rate = 200;
  facts.overload = 90;

  int decided = 0;
  int weighed = 0;
  const long before = allocations;
  for (const Request& request : requests) {
    const PolicyMatch match = policy->Match(request, facts);
    weighed += match.weight;
    decided += match.action != Action::kNone ? 1 : 0;
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_GT(weighed, 20);
  EXPECT_EQ(decided, static_cast<int>(requests.size()));
}

TEST(MatchAllocation, CounterCounts) {
  const long before = allocations;
  delete new std::string(100, 'x');
  EXPECT_GE(allocations - before, 1);
}

}  // namespace
}  // namespace stile
