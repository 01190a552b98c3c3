#include "tool/anubis/anubis_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "challenge/ip_address.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

using testing::HasSubstr;
using testing::Not;

class AnubisPolicyTest : public testing::Test {
 protected:
  std::string Convert(const std::string& yaml, const std::string& data = "") {
    const auto tree = ParseYaml(yaml, "p.yaml");
    EXPECT_TRUE(tree.has_value()) << ToString(tree.error());
    AnubisPolicy policy(
        [this](const std::string& path) -> tl::expected<std::string, std::string> {
          const auto at = files_.find(path);
          if (at == files_.end()) return tl::unexpected(std::string("there is no such file"));
          return at->second;
        },
        data, notes_);
    std::string text = policy.Convert(*tree, "p.yaml");
    converted_ = policy.converted();
    // Whatever comes out is a policy.
    const auto source = ParsePolicyFile(text, "policy.toml");
    EXPECT_TRUE(source.has_value()) << ToString(source.error()) << "\n" << text;
    return text;
  }
  std::string Notes() const {
    std::string text;
    for (const ImportNotes::Note& note : notes_.all()) {
      text += note.place + (note.kind == ImportNotes::Kind::kLost ? " lost " : " changed ") +
              note.message + "\n";
    }
    return text;
  }

  std::map<std::string, std::string> files_;
  ImportNotes notes_;
  std::size_t converted_ = 0;
};

TEST_F(AnubisPolicyTest, RuleKeepsItsMatchersActionAndPlace) {
  const std::string text = Convert(
      "bots:\n"
      "  - name: my bots!\n"
      "    user_agent_regex: FooBot|BarBot\n"
      "    path_regex: ^/a/.*$\n"
      "    remote_addresses: [192.0.2.7/24, '2001:db8::/32']\n"
      "    action: DENY\n");
  EXPECT_THAT(text, HasSubstr("# p.yaml:2\n[[rule]]\nname = \"my-bots-\"\n"
                              "user_agent = [\"FooBot\", \"BarBot\"]\n"
                              "path = [\"/a/*\"]\n"
                              "ip = [\"192.0.2.0/24\", \"2001:db8::/32\"]\n"
                              "action = \"deny\"\n"));
  EXPECT_EQ(notes_.lost(), 0U);
}

TEST_F(AnubisPolicyTest, NamesStayDifferent) {
  const std::string text = Convert(
      "bots:\n"
      "  - {name: a, user_agent_regex: xyz, action: DENY}\n"
      "  - {name: a, user_agent_regex: abc, action: ALLOW}\n");
  EXPECT_THAT(text, HasSubstr("name = \"a\"\n"));
  EXPECT_THAT(text, HasSubstr("name = \"a-2\"\n"));
}

TEST_F(AnubisPolicyTest, WeightsHeadersPlacesAndNetworksAreTakenOver) {
  const std::string text = Convert(
      "bots:\n"
      "  - {name: w, headers_regex: {X-A: '.*', X-B: abc}, action: WEIGH, weight: {adjust: -7}}\n"
      "  - {name: g, geoip: {countries: [no, SE]}, action: WEIGH}\n"
      "  - {name: n, asns: {match: [64500]}, action: DENY}\n");
  EXPECT_THAT(text, HasSubstr("header = { name = \"X-A\", present = true }\n"
                              "all = [{ header = { name = \"X-B\", contains = [\"abc\"] } }]\n"
                              "action = \"weigh\"\nweight = -7\n"));
  EXPECT_THAT(text, HasSubstr("country = [\"NO\", \"SE\"]\naction = \"weigh\"\nweight = 5\n"));
  EXPECT_THAT(text, HasSubstr("asn = [64500]\n"));
  EXPECT_THAT(Notes(), HasSubstr("take a database"));
}

TEST_F(AnubisPolicyTest, RuleWithAnythingUnknownIsLeftOutAsAWhole) {
  const std::string text = Convert(
      "bots:\n"
      "  - name: half\n"
      "    action: ALLOW\n"
      "    expression:\n"
      "      all:\n"
      "        - method == \"GET\"\n"
      "        - verifyFCrDNS(remoteAddress, \"x\")\n"
      "  - {name: later, user_agent_regex: abc, action: DENY, frobnicate: 1}\n"
      "  - {name: bench, user_agent_regex: abc, action: DEBUG_BENCHMARK}\n"
      "  - {name: short, user_agent_regex: 'a.?b', action: DENY}\n"
      "  - {name: all, action: DENY}\n");
  EXPECT_THAT(text, Not(HasSubstr("[[rule]]")));
  EXPECT_EQ(converted_, 0U);
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:7:11 lost rule \"half\" is left out: define an agent with "
                                 "reverse_dns, and name it in a rule: verifyFCrDNS("));
  EXPECT_THAT(Notes(), HasSubstr("nothing here is like frobnicate"));
  EXPECT_THAT(Notes(), HasSubstr("there is no benchmark to send clients to"));
  EXPECT_THAT(Notes(),
              HasSubstr("p.yaml:10:5 lost rule \"short\" is left out: every request would"));
  EXPECT_THAT(Notes(), HasSubstr("it asks nothing of a request"));
  EXPECT_EQ(notes_.lost(), 5U);
}

TEST_F(AnubisPolicyTest, ThresholdsBecomeStepsOfTheWeight) {
  const std::string text = Convert(
      "bots: []\n"
      "thresholds:\n"
      "  - {name: a, expression: weight <= 0, action: ALLOW}\n"
      "  - name: b\n"
      "    expression: {all: [weight > 0, weight < 10]}\n"
      "    action: CHALLENGE\n"
      "    challenge: {algorithm: metarefresh, difficulty: 1}\n"
      "  - {name: c, expression: 'weight >= 10 && weight < 30', action: CHALLENGE, challenge: "
      "{difficulty: 4}}\n"
      "  - {name: d, expression: weight >= 30, action: DENY}\n");
  EXPECT_THAT(text,
              HasSubstr("[default]\naction = \"allow\"\n\n"
                        "[[threshold]]\nat = 1\naction = \"challenge\"\nlevel = \"wait\"\n\n"
                        "[[threshold]]\nat = 10\naction = \"challenge\"\nlevel = \"light\"\n\n"
                        "[[threshold]]\nat = 30\naction = \"deny\"\n"));
  EXPECT_EQ(notes_.lost(), 0U);
  EXPECT_THAT(Notes(), HasSubstr("metarefresh with difficulty 1 becomes level \"wait\""));
}

TEST_F(AnubisPolicyTest, FirstThresholdDecidesAndGapsPass) {
  const std::string text = Convert(
      "bots: []\n"
      "thresholds:\n"
      "  - {name: a, expression: weight == 5, action: DENY}\n"
      "  - {name: b, expression: 'weight > 3 && weight < 8', action: CHALLENGE}\n");
  EXPECT_THAT(text, HasSubstr("[default]\naction = \"allow\"\n\n"
                              "[[threshold]]\nat = 4\naction = \"challenge\"\nlevel = \"light\"\n\n"
                              "[[threshold]]\nat = 5\naction = \"deny\"\n\n"
                              "[[threshold]]\nat = 6\naction = \"challenge\"\nlevel = \"light\"\n\n"
                              "[[threshold]]\nat = 8\naction = \"allow\"\n"));
}

TEST_F(AnubisPolicyTest, WithoutThresholdsEveryWeightIsChallenged) {
  EXPECT_THAT(Convert("bots: []\n"),
              HasSubstr("[default]\naction = \"allow\"\n\n[[threshold]]\nat = 1\n"
                        "action = \"challenge\"\nlevel = \"light\"\n"));
}

TEST_F(AnubisPolicyTest, ThresholdThatComputesIsLeftOut) {
  (void)Convert("bots: []\nthresholds:\n  - {name: a, expression: weight * 2 > 3, action: DENY}\n");
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:3:5 lost threshold \"a\" is left out"));
}

TEST_F(AnubisPolicyTest, CoveredImportsBecomeTheDefaultPolicy) {
  const std::string text = Convert(
      "bots:\n"
      "  - import: (data)/common/keep-internet-working.yaml\n"
      "  - import: (data)/common/allow-private-addresses.yaml\n"
      "  - import: (data)/meta/ai-block-aggressive.yaml\n"
      "  - import: (data)/clients/git.yaml\n"
      "  - {name: w, user_agent_regex: curl, action: WEIGH}\n");
  EXPECT_THAT(text, HasSubstr("[default_policy]\nai_scrapers = \"deny\"\n"));
  EXPECT_THAT(text, HasSubstr("git = [\"/*\"]\n"));
  EXPECT_THAT(text, HasSubstr("name = \"keep-internet-working\""));
  EXPECT_THAT(text, HasSubstr("name = \"private-addresses\""));
  EXPECT_EQ(notes_.lost(), 0U);
}

TEST_F(AnubisPolicyTest, CrawlersKeepTheirPlaceAmongTheRules) {
  const std::string text = Convert(
      "bots:\n"
      "  - {name: first, user_agent_regex: Evil, action: DENY}\n"
      "  - import: (data)/crawlers/googlebot.yaml\n"
      "  - {name: generic-browser, user_agent_regex: Mozilla, action: CHALLENGE}\n");
  EXPECT_THAT(text, HasSubstr("# p.yaml:3\n[[rule]]\nname = \"googlebot\"\n"
                              "agent = [\"googlebot\"]\nmethod = [\"GET\", \"HEAD\"]\n"
                              "action = \"allow\"\n"));
  EXPECT_LT(text.find("\"first\""), text.find("\"googlebot\""));
  EXPECT_LT(text.find("\"googlebot\""), text.find("\"generic-browser\""));
  EXPECT_THAT(text, Not(HasSubstr("[default_policy]")));
  EXPECT_EQ(notes_.lost(), 0U);
  const auto policy = Policy::Compile(*ParsePolicyFile(text, "policy.toml"));
  ASSERT_TRUE(policy.has_value()) << ToString(policy.error());
  Request request;
  request.method = "GET";
  request.target = "/";
  request.host = "example.org";
  request.user_agent = "Mozilla/5.0 (compatible; Googlebot/2.1)";
  request.address = IpAddress::Parse("66.249.66.1");
  EXPECT_EQ((*policy)->Match(request).action, Action::kAllow);
  request.address = IpAddress::Parse("192.0.2.7");
  EXPECT_EQ((*policy)->Match(request).action, Action::kChallenge);
}

TEST_F(AnubisPolicyTest, GoodCrawlersAreTheSearchEnginesOfTheDefaultPolicy) {
  const std::string text = Convert(
      "bots:\n"
      "  - import: (data)/crawlers/_allow-good.yaml\n"
      "  - {name: generic-browser, user_agent_regex: Mozilla, action: CHALLENGE}\n");
  EXPECT_THAT(text, HasSubstr("name = \"search-engines\"\nagent = [\n  \"googlebot\", "));
  EXPECT_THAT(text, HasSubstr("\"mojeekbot\",\n]\nmethod = [\"GET\", \"HEAD\"]\n"));
  EXPECT_LT(text.find("\"search-engines\""), text.find("\"generic-browser\""));
  EXPECT_THAT(text, Not(HasSubstr("[default_policy]")));
  EXPECT_EQ(notes_.lost(), 0U);
}

TEST_F(AnubisPolicyTest, WhatComesAfterRulesThatItCameBeforeIsLost) {
  (void)Convert(
      "bots:\n"
      "  - import: (data)/meta/ai-block-aggressive.yaml\n"
      "  - {name: w, user_agent_regex: curl, action: WEIGH}\n"
      "  - {name: a, user_agent_regex: Mozilla, action: ALLOW}\n"
      "  - import: (data)/clients/git.yaml\n");
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:2:13 lost (data)/meta/ai-block-aggressive.yaml no longer "
                                 "comes before the rules that follow it"));
  EXPECT_EQ(notes_.lost(), 1U);
}

TEST_F(AnubisPolicyTest, ImportThatStandsTwiceMakesTwoNames) {
  const std::string text = Convert(
      "bots:\n"
      "  - import: (data)/common/keep-internet-working.yaml\n"
      "  - import: (data)/common/keep-internet-working.yaml\n"
      "  - {name: keep-internet-working, path_regex: ^/x$, action: DENY}\n");
  EXPECT_THAT(text, HasSubstr("name = \"keep-internet-working-2\""));
  EXPECT_THAT(text, HasSubstr("name = \"keep-internet-working-3\""));
}

TEST_F(AnubisPolicyTest, OtherImportsNeedTheDataFolder) {
  (void)Convert("bots:\n  - import: (data)/bots/x.yaml\n");
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:2:13 lost (data)/bots/x.yaml is a file of Anubis'"));
}

TEST_F(AnubisPolicyTest, ImportsAreFollowedToTheirFiles) {
  files_["d/bots/x.yaml"] =
      "- import: (data)/bots/y.yaml\n- {name: x, path_regex: ^/x$, action: DENY}\n";
  files_["d/bots/y.yaml"] = "- {name: y, path_regex: ^/y$, action: DENY}\n";
  files_["own.yaml"] = "- {name: own, path_regex: ^/o$, action: DENY}\n";
  const std::string text =
      Convert("bots:\n  - import: (data)/bots/x.yaml\n  - import: own.yaml\n", "d");
  EXPECT_THAT(text, HasSubstr("# d/bots/y.yaml:1\n[[rule]]\nname = \"y\""));
  EXPECT_THAT(text, HasSubstr("# d/bots/x.yaml:2\n[[rule]]\nname = \"x\""));
  EXPECT_THAT(text, HasSubstr("name = \"own\""));
  EXPECT_EQ(converted_, 3U);
}

TEST_F(AnubisPolicyTest, ImportsThatNeverEndAreRefused) {
  files_["d/a.yaml"] = "- import: (data)/a.yaml\n";
  (void)Convert("bots:\n  - import: (data)/a.yaml\n  - import: (data)/../a.yaml\n", "d");
  EXPECT_THAT(Notes(), HasSubstr("it imports itself"));
  EXPECT_THAT(Notes(), HasSubstr("leads out of the data folder"));
}

TEST_F(AnubisPolicyTest, WhatElseAPolicyHasIsNamedIfItDoesSomething) {
  (void)Convert(
      "bots: []\ndnsbl: false\nhoneypot: {enabled: false}\nopenGraph: {enabled: true}\n"
      "status_codes: {DENY: 200}\nfrobnicate: 1\n");
  EXPECT_THAT(Notes(), Not(HasSubstr("blocklist")));
  EXPECT_THAT(Notes(), Not(HasSubstr("honeypot")));
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:4:1 lost tags for previews"));
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:5:1 changed statuses"));
  EXPECT_THAT(Notes(), HasSubstr("p.yaml:6:1 lost nothing here is like frobnicate"));
}

}  // namespace
}  // namespace stile
