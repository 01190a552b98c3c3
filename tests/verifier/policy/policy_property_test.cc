// Compiled policies against a plain reading of their sources, on random requests.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/verifier/policy/naive_policy.h"
#include "tests/verifier/policy/policy_fixture.h"
#include "tests/verifier/policy/random_policy.h"

namespace stile {
namespace {

constexpr int kPolicies = 125;
constexpr int kRequests = 2000;  // A policy; four cases make 1,000,000.

std::uint32_t Seed() {
  const char* given = std::getenv("STILE_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
}

std::string Text(const PolicyMatch& match) {
  std::ostringstream text;
  text << "action " << static_cast<int>(match.action) << " rule " << match.rule << " rank "
       << static_cast<int>(match.rank) << " level " << static_cast<int>(match.level_rank)
       << " shadow " << match.shadow_rule << " threshold " << match.threshold << " weight "
       << match.weight << " ask " << match.agent_to_ask << " fault "
       << static_cast<int>(match.on_fault) << " exempt " << match.exempt;
  return text.str();
}

// Everything that a policy can look at came up in every way.
void ExpectAllSeen(const std::map<std::string, long>& seen) {
  const std::vector<std::string> two_valued = {"host", "path",       "path_regex",      "method",
                                               "rank", "user_agent", "user_agent_regex"};
  const std::vector<std::string> three_valued = {"ip",    "country", "asn",      "tls",
                                                 "agent", "rate",    "overload", "any",
                                                 "all",   "not",     "rule",     "weigh"};
  const std::vector<std::string> may_give_up = {"any", "all", "not", "rule", "weigh"};
  std::vector<std::string> wanted = {
      "threshold", "header lenient gave up", "query lenient gave up", "ask", "ask not", "exempt"};
  const auto want = [&wanted](const std::vector<std::string>& names, const std::string& value) {
    for (const std::string& name : names) {
      wanted.push_back(name + " strict " + value);
      wanted.push_back(name + " lenient " + value);
    }
  };
  for (const char* value : {"no", "yes"}) {
    want(two_valued, value);
    want(three_valued, value);
    want({"header", "query"}, value);
  }
  want(three_valued, "unknown");
  want(may_give_up, "gave up");
  for (const std::string& name : wanted) {
    const auto at = seen.find(name);
    EXPECT_GE(at == seen.end() ? 0 : at->second, 5) << name;
  }
}

// The first enforced rule that decides is the one that matched, and so on.
void ExpectExplained(const Policy& policy, const Request& request, const ClientFacts& facts,
                     const PolicyMatch& expected) {
  std::uint16_t rule = kNoRule;
  std::uint16_t shadow = kNoRule;
  for (const RuleTrace& trace : Explain(policy, request, facts)) {
    if (!trace.matched) continue;
    const Rule& matched = policy.rules()[trace.rule];
    if (matched.mode == RuleMode::kShadow) {
      if (shadow == kNoRule) shadow = trace.rule;
    } else if (matched.weight == 0) {
      rule = trace.rule;
      break;
    }
  }
  ASSERT_EQ(rule, expected.rule);
  ASSERT_EQ(shadow, expected.shadow_rule);
}

class PolicyProperty : public testing::TestWithParam<int> {};

TEST_P(PolicyProperty, CompiledPolicySaysWhatItsSourceSays) {
  const std::uint32_t seed = Seed() + static_cast<std::uint32_t>(GetParam());
  SCOPED_TRACE("STILE_SEED=" + std::to_string(seed - static_cast<std::uint32_t>(GetParam())));
  RandomPolicy random(seed);
  std::vector<std::unique_ptr<OwnedRequest>> requests;
  for (int i = 0; i < 4000; ++i) requests.push_back(random.NewRequest());
  std::map<std::string, long> seen;
  for (int i = 0; i < kPolicies; ++i) {
    PolicySource source = random.Source();
    const auto policy = Compiled(source);
    source.levels = policy->levels();
    std::vector<std::uint64_t> keys;
    for (std::size_t a = 0; a < policy->agents().size(); ++a) keys.push_back(policy->AgentKey(a));
    const auto names = *ReverseNames::Create({1, 2, 3});
    for (int k = 0; k < 80; ++k) {
      names->Record(random.Address(), keys[random.Below(keys.size())],
                    static_cast<NameVerdict>(random.Below(3)),
                    UnixMillis{random.OneIn(5) ? 900'000 : 2'000'000});
    }
    const NaivePolicy naive(source, keys);
    for (int k = 0; k < kRequests; ++k) {
      const OwnedRequest& owned = *requests[random.Below(requests.size())];
      ClientFacts facts = random.Facts();
      if (!random.OneIn(4)) facts.names = names.get();
      const PolicyMatch expected = naive.Match(owned.request, facts);
      const PolicyMatch actual = policy->Match(owned.request, facts);
      ++seen[expected.agent_to_ask == kNoRule ? "ask not" : "ask"];
      if (expected.exempt) ++seen["exempt"];
      ASSERT_EQ(Text(actual), Text(expected))
          << "policy " << i << " request " << k << ": " << owned.request.method << ' '
          << owned.request.target.substr(0, 100) << " as " << owned.request.user_agent;
      if (k % 500 == 0) ExpectExplained(*policy, owned.request, facts, expected);
    }
    for (const auto& [what, count] : naive.seen()) seen[what] += count;
  }
  ExpectAllSeen(seen);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PolicyProperty, testing::Range(0, 4),
                         [](const auto& param_info) { return std::to_string(param_info.param); });

}  // namespace
}  // namespace stile
