#include "tool/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tool/simulation_report.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const Policy> Compiled(const std::string& text) {
  auto source = ParsePolicyFile(text, "policy.toml");
  EXPECT_TRUE(source.has_value()) << ToString(source.error());
  auto policy = Policy::Compile(*std::move(source));
  EXPECT_TRUE(policy.has_value()) << ToString(policy.error());
  return *policy;
}

constexpr const char* kPolicy =
    "[[rule]]\nname = \"docs\"\npath = [\"/docs/*\"]\naction = \"allow\"\n"
    "[[rule]]\nname = \"admin\"\npath = [\"/admin\"]\naction = \"deny\"\n";

class SimulationTest : public testing::Test {
 protected:
  SimulationTest() { options_.sites.push_back({"main", {"*"}, {}, Compiled(kPolicy), nullptr}); }

  void Take(std::string_view method, std::string_view target,
            std::string_view address = "192.0.2.7", std::string_view user_agent = "Mozilla/5.0",
            std::string_view host = "") {
    if (!simulation_) simulation_.emplace(options_);
    LogLine line;
    line.method = method;
    line.target = target;
    line.address = address;
    line.user_agent = user_agent;
    line.host = host;
    line.seconds = 1'772'366'400 + static_cast<std::int64_t>(simulation_->requests());
    line.AddField("User-Agent", user_agent);
    simulation_->Take(line);
  }

  SimulationOptions options_;
  std::optional<Simulation> simulation_;
};

TEST_F(SimulationTest, OutcomesAndLostFormsAreCounted) {
  Take("GET", "/docs/a");
  Take("POST", "/form");
  Take("POST", "/form");
  Take("GET", "/admin");
  EXPECT_THAT(simulation_->before().requests, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(simulation_->before().lost_forms, 1U);
  EXPECT_THAT(LostForms(*simulation_, 5), ElementsAre(testing::Pair("POST /form", 1)));
  EXPECT_EQ(simulation_->clients().clients().size(), 1U);
}

TEST_F(SimulationTest, OwnEndpointsAreLeftOut) {
  Take("POST", "/.stile/redeem");
  Take("GET", "/.stilex");
  EXPECT_EQ(simulation_->own_requests(), 1U);
  EXPECT_EQ(simulation_->requests(), 1U);
}

TEST_F(SimulationTest, HostChoosesTheSite) {
  options_.sites.push_back(
      {"shop", {"shop.example.org"}, {}, Compiled("[default]\naction = \"allow\"\n"), nullptr});
  Take("GET", "/", "192.0.2.7", "x", "shop.example.org");
  Take("GET", "/", "192.0.2.7", "x", "www.example.org");
  Take("GET", "/", "192.0.2.7", "x");
  EXPECT_EQ(simulation_->sites()[1].requests, 1U);
  EXPECT_EQ(simulation_->sites()[0].requests, 2U);
  EXPECT_EQ(simulation_->before().requests[0], 1U);
}

TEST_F(SimulationTest, NamedSiteTakesLinesWithoutHostAndLeavesOtherHosts) {
  options_.sites.push_back({"shop", {"shop.example.org"}, {}, Compiled(kPolicy), nullptr});
  options_.only_site = 1;
  Take("GET", "/", "192.0.2.7", "x", "shop.example.org");
  Take("GET", "/", "192.0.2.7", "x", "www.example.org");
  Take("GET", "/", "192.0.2.7", "x");
  EXPECT_EQ(simulation_->sites()[1].requests, 2U);
  EXPECT_EQ(simulation_->other_sites(), 1U);
}

TEST_F(SimulationTest, ComparisonNamesChangesAndWhoWouldNotice) {
  options_.sites[0].after = Compiled(
      "[[rule]]\nname = \"docs\"\npath = [\"/docs/*\"]\naction = \"deny\"\n"
      "[[rule]]\nname = \"admin\"\npath = [\"/admin\"]\naction = \"allow\"\n");
  Take("GET", "/docs/a", "192.0.2.7");
  Take("GET", "/docs/b", "198.51.100.7");
  Take("GET", "/docs/b", "198.51.100.7");
  Take("GET", "/admin", "203.0.113.7");
  Take("GET", "/", "203.0.113.7");
  const auto changes = SortedChanges(*simulation_);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].requests, 3U);
  EXPECT_EQ(changes[0].before, ReplayOutcome::kAllowed);
  EXPECT_EQ(changes[0].after, ReplayOutcome::kDenied);
  const auto noticing = NoticingClients(*simulation_, 10);
  ASSERT_EQ(noticing.size(), 2U);
  EXPECT_EQ(ClientTable::AddressText(*noticing[0]), "198.51.100.0/24");
  EXPECT_EQ(noticing[0]->worse, 2U);
  EXPECT_EQ(CountClients(*simulation_).worse, 2U);
}

TEST_F(SimulationTest, SamePolicyChangesNothing) {
  options_.sites[0].after = Compiled(kPolicy);
  for (const char* target : {"/docs/a", "/admin", "/", "/", "/robots.txt"}) Take("GET", target);
  EXPECT_THAT(simulation_->changes(), testing::IsEmpty());
}

TEST_F(SimulationTest, MovedRuleIsAChangeOnlyIfAnotherDecides) {
  options_.sites[0].after = Compiled(
      "[[rule]]\nname = \"admin\"\npath = [\"/admin\"]\naction = \"deny\"\n"
      "[[rule]]\nname = \"docs\"\npath = [\"/docs/*\"]\naction = \"allow\"\n");
  Take("GET", "/docs/a");
  Take("GET", "/admin");
  EXPECT_THAT(simulation_->changes(), testing::IsEmpty());
}

TEST_F(SimulationTest, CrawlersAreCountedByTheirClaim) {
  options_.sites[0].before = Compiled(
      "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\nreverse_dns = [\"*.example.com\"]\n");
  Take("GET", "/", "192.0.2.7", "Mozilla/5.0 (compatible; Examplebot/1.0)");
  Take("GET", "/", "192.0.2.7", "Mozilla/5.0");
  const auto crawlers = simulation_->crawlers();
  ASSERT_TRUE(crawlers.contains("examplebot"));
  EXPECT_EQ(crawlers.at("examplebot").requests, 1U);
  EXPECT_EQ(crawlers.at("examplebot").verified, 0U);
  EXPECT_THAT(SimulationText(*simulation_, {}, {}),
              testing::ContainsRegex(
                  "claims to be +requests +verified +allowed +cleared +challenged +denied\n"
                  "examplebot +1 +0 +0 +0 +1 +0\n"));
}

TEST_F(SimulationTest, WhatRulesMissInTheLogIsNamed) {
  options_.sites[0].before = Compiled(
      "[[rule]]\nname = \"a\"\nheader = { name = \"Accept\", absent = true }\naction = \"deny\"\n"
      "[[rule]]\nname = \"b\"\nnot = { country = [\"NO\"] }\naction = \"deny\"\n");
  Take("GET", "/");
  EXPECT_THAT(simulation_->missing_fields(), ElementsAre("accept"));
  EXPECT_TRUE(simulation_->lacks_country());
  EXPECT_FALSE(simulation_->lacks_asn());
  EXPECT_EQ(simulation_->before().requests[3], 1U);
  EXPECT_THAT(SimulationText(*simulation_, {}, {}),
              HasSubstr("in all 1 requests they count as absent, which absent = true matches: "
                        "accept (rule a matched 1);"));
}

TEST_F(SimulationTest, RulesThatLookAtWhatIsMissingAreNamedWhereverTheyLook) {
  options_.sites[0].before = Compiled(
      "[[rule]]\nname = \"a\"\nany = [{ not = { header = { name = \"Accept\", present = true } } "
      "}]\n"
      "action = \"weigh\"\nweight = 1\n"
      "[[rule]]\nname = \"b\"\npath = [\"/x\"]\naction = \"deny\"\n");
  options_.sites[0].after = Compiled(
      "[[rule]]\nname = \"c\"\nheader = { name = \"Accept\", present = true }\naction = "
      "\"deny\"\n");
  Take("GET", "/");
  Take("GET", "/x");
  EXPECT_THAT(SimulationText(*simulation_, {}, {}),
              HasSubstr(": accept (rule a matched 2, rule c matched 0);"));
}

TEST_F(SimulationTest, TangledPathsAreNoRequestsOfTheDefault) {
  Take("GET", "/docs/..;/admin");
  EXPECT_THAT(SimulationText(*simulation_, {}, {}),
              testing::ContainsRegex("paths read in too many ways +deny +- +- +- +1 "));
  EXPECT_THAT(SimulationJson(*simulation_, {}, {}), HasSubstr("\"kind\":\"path\""));
}

TEST_F(SimulationTest, AssumedFieldFillsIn) {
  options_.sites[0].before = Compiled(
      "[[rule]]\nname = \"a\"\nheader = { name = \"Accept\", absent = true }\naction = \"deny\"\n");
  options_.assumed_fields.emplace_back("accept", "*/*");
  Take("GET", "/");
  EXPECT_THAT(simulation_->missing_fields(), ElementsAre());
  EXPECT_EQ(simulation_->before().requests[3], 0U);
}

TEST_F(SimulationTest, ReportQuotesNoControlBytes) {
  Take("POST", "/\x1B[2J", "192.0.2.7", "evil\x1B[31m");
  const std::string text = SimulationText(*simulation_, {}, {});
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("evil\\x1b[31m"));
  const std::string json = SimulationJson(*simulation_, {}, {});
  EXPECT_EQ(json.find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace stile
