#include "verifier/policy/default_rules.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/agents/agent.h"

// What the policy does that a site has unless it names one.
namespace stile {
namespace {

constexpr std::string_view kChallenged = "challenge default level=light held=1";

std::shared_ptr<const Policy> PolicyOf(const DefaultChoices& choices) {
  return CompiledRules(DefaultRules(choices));
}

std::string UserAgentOf(const std::string& agent) {
  const Agent* known = FindBuiltInAgent(agent);
  EXPECT_NE(known, nullptr) << agent;
  if (known == nullptr) return "";
  return "Mozilla/5.0 (compatible; " + known->user_agents.front() + "/2.1; +http://example.org)";
}

// A client's request for a page.
struct Visit {
  std::string address;
  std::string user_agent;
};

std::string OutcomeOf(const Policy& policy, const Visit& visit) {
  Request request = RequestFor("/articles/1");
  request.address = AddressOf(visit.address);
  request.user_agent = visit.user_agent;
  return OutcomeText(policy, request);
}

struct Membership {
  std::string list;
  std::string address;
  bool inside = false;
};

std::vector<Membership> Memberships() {
  std::ifstream file(std::string(STILE_SOURCE_DIR) + "/tests/vectors/crawlers.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<Membership> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream words(line);
    Membership membership;
    std::string where;
    words >> membership.list >> membership.address >> where;
    membership.inside = where == "in";
    cases.push_back(membership);
  }
  return cases;
}

TEST(DefaultPolicy, CrawlersPassFromTheirOwnAddressesAndNobodyElseDoes) {
  const auto policy = Policy::Default();
  int inside = 0;
  int outside = 0;
  for (const Membership& membership : Memberships()) {
    const std::string outcome =
        OutcomeOf(*policy, {membership.address, UserAgentOf(membership.list)});
    EXPECT_EQ(outcome.starts_with("allow default."), membership.inside)
        << membership.list << " " << membership.address << ": " << outcome;
    ++(membership.inside ? inside : outside);
  }
  EXPECT_GE(inside, 150);
  EXPECT_GE(outside, 70);
}

TEST(DefaultPolicy, AnAddressOfACrawlerAloneOpensNothing) {
  const auto policy = Policy::Default();
  for (const Membership& membership : Memberships()) {
    EXPECT_EQ(OutcomeOf(*policy, {membership.address, "Mozilla/5.0 (X11; Linux x86_64)"}),
              kChallenged);
  }
}

TEST(DefaultPolicy, ACrawlersNameFromAnotherCrawlersAddressOpensNothing) {
  EXPECT_EQ(OutcomeOf(*Policy::Default(), {"66.249.66.1", UserAgentOf("bingbot")}), kChallenged);
}

TEST(DefaultPolicy, UnknownAddressVerifiesNobody) {
  Request request = RequestFor("/");
  request.address.reset();
  const std::string user_agent = UserAgentOf("googlebot");
  request.user_agent = user_agent;
  EXPECT_EQ(OutcomeText(*Policy::Default(), request), kChallenged);
}

// Cases that were not computed from our lists, where they lie beside the source.
TEST(DefaultPolicy, PublishedMembershipCasesHold) {
  const std::filesystem::path file = std::filesystem::path(STILE_SOURCE_DIR).parent_path() /
                                     "shared/research/vectors/crawlers/membership_cases.json";
  std::ifstream in(file);
  if (!in) GTEST_SKIP() << "the published cases are not here";
  std::stringstream text;
  text << in.rdbuf();
  const std::string json = text.str();
  const auto agent_of = [](const std::string& list) -> std::string {
    if (list == "googlesc") return "google-special";
    if (list == "googleutf") return "google-fetchers";
    return list;
  };
  const auto policy = Policy::Default();
  int members = 0;
  int others = 0;
  // Rows such as ["googlebot.json", "66.249.66.1", true].
  const std::string_view end_of_list = ".json\", \"";
  for (std::size_t at = 0; (at = json.find(end_of_list, at)) != std::string::npos;) {
    const std::size_t begin = json.rfind('"', at) + 1;
    const std::string list = json.substr(begin, at - begin);
    at += end_of_list.size();
    const std::size_t end = json.find('"', at);
    const std::string address = json.substr(at, end - at);
    const bool member = json.compare(end, 7, "\", true") == 0;
    const std::string outcome = OutcomeOf(*policy, {address, UserAgentOf(agent_of(list))});
    EXPECT_EQ(outcome.starts_with("allow "), member) << list << " " << address << ": " << outcome;
    ++(member ? members : others);
  }
  EXPECT_EQ(members, 98);
  EXPECT_EQ(others, 13);
}

TEST(DefaultPolicy, BrowsersAreChallengedAtLight) {
  EXPECT_EQ(OutcomeText(*Policy::Default(), RequestFor("/")), kChallenged);
}

struct Passage {
  std::string_view method;
  std::string_view target;
  std::string_view outcome;
};

TEST(DefaultPolicy, MachinesThatMustGetThroughDoAndAreCountedByName) {
  const auto policy = Policy::Default();
  for (const Passage& passage : std::initializer_list<Passage>{
           {"GET", "/robots.txt", "allow default.robots"},
           {"HEAD", "/robots.txt", "allow default.robots"},
           {"GET", "/.well-known/acme-challenge/a-token", "allow default.acme"},
           {"GET", "/.well-known/webfinger?resource=acct:a@example.org", "allow default.webfinger"},
           {"GET", "/feed.xml", "allow default.feeds"},
           {"GET", "/feed", "allow default.feeds"},
           {"GET", "/.well-known/security.txt", "allow exempt"},
           {"POST", "/feed.xml", kChallenged},
           {"GET", "/feed.xml/../admin", kChallenged},
           {"GET", "/feed.xmlx", kChallenged},
           {"GET", "/feeds/a", kChallenged},
           {"GET", "/repo/info/refs?service=git-upload-pack", kChallenged},
       }) {
    Request request = RequestFor(passage.target);
    request.method = passage.method;
    EXPECT_EQ(OutcomeText(*policy, request), passage.outcome)
        << passage.method << " " << passage.target;
  }
}

constexpr std::string_view kBytespider = "Mozilla/5.0 (compatible; Bytespider; spider@example.com)";

TEST(AiScrapers, DenyRefusesThemVerifiedOrNot) {
  DefaultChoices choices;
  choices.ai_scrapers = AiScrapers::kDeny;
  const auto policy = PolicyOf(choices);
  EXPECT_EQ(OutcomeOf(*policy, {"198.51.100.7", std::string(kBytespider)}),
            "deny default.ai-scrapers");
  EXPECT_EQ(OutcomeOf(*policy, {"132.196.86.1", UserAgentOf("gptbot")}),
            "deny default.ai-scrapers");
  EXPECT_EQ(OutcomeOf(*policy, {"66.249.66.1", UserAgentOf("googlebot")}),
            "allow default.crawlers");
}

TEST(AiScrapers, ChallengeLetsThroughWhoeverProvesIt) {
  const auto policy = PolicyOf({});
  EXPECT_EQ(OutcomeOf(*policy, {"198.51.100.7", std::string(kBytespider)}),
            "challenge default.ai-scrapers level=light held=1");
  EXPECT_EQ(OutcomeOf(*policy, {"132.196.86.1", UserAgentOf("gptbot")}), "allow default.ai-agents");
  EXPECT_EQ(OutcomeOf(*policy, {"198.51.100.7", UserAgentOf("gptbot")}),
            "challenge default.ai-scrapers level=light held=1");
}

TEST(AiScrapers, AllowTakesTheirWord) {
  DefaultChoices choices;
  choices.ai_scrapers = AiScrapers::kAllow;
  EXPECT_EQ(OutcomeOf(*PolicyOf(choices), {"198.51.100.7", std::string(kBytespider)}),
            "allow default.ai-scrapers");
}

Request GitRequest(std::string_view method, std::string_view target) {
  Request request = RequestFor(target);
  request.method = method;
  request.user_agent = "git/2.39.5";
  return request;
}

TEST(GitPaths, OpenTheSmartProtocolAndNothingElse) {
  DefaultChoices choices;
  choices.git = {"/repos/*"};
  const auto policy = PolicyOf(choices);
  for (const Passage& passage : std::initializer_list<Passage>{
           {"GET", "/repos/a.git/info/refs?service=git-upload-pack", "allow default.git"},
           {"GET", "/repos/a.git/info/refs?service=git-receive-pack", "allow default.git"},
           {"POST", "/repos/a.git/git-upload-pack", "allow default.git"},
           {"POST", "/repos/a.git/git-receive-pack", "allow default.git"},
           {"GET", "/repos/a.git/info/refs", kChallenged},
           {"GET", "/repos/a.git/info/refs?service=x", kChallenged},
           {"GET", "/repos/a.git/info/refs?service=x&service=git-upload-pack", kChallenged},
           {"GET", "/repos/a.git/commits", kChallenged},
           {"GET", "/repos/a.git/git-upload-pack", kChallenged},
           {"POST", "/other/a.git/git-upload-pack", kChallenged},
       }) {
    EXPECT_EQ(OutcomeText(*policy, GitRequest(passage.method, passage.target)), passage.outcome)
        << passage.method << " " << passage.target;
  }
  Request browser = GitRequest("POST", "/repos/a.git/git-upload-pack");
  browser.user_agent = "Mozilla/5.0";
  EXPECT_EQ(OutcomeText(*policy, browser), kChallenged);
}

TEST(CredentialPaths, OpenForRequestsThatCarrySome) {
  DefaultChoices choices;
  choices.credentials = {"/api/*"};
  const auto policy = PolicyOf(choices);
  const RequestField fields[] = {{"Authorization", "Bearer x"}};
  Request request = RequestFor("/api/items");
  EXPECT_EQ(OutcomeText(*policy, request), kChallenged);
  request.fields = fields;
  EXPECT_EQ(OutcomeText(*policy, request), "allow default.credentials");
  request.target = "/items";
  EXPECT_EQ(OutcomeText(*policy, request), kChallenged);
  EXPECT_EQ(OutcomeText(*Policy::Default(), request), kChallenged);
}

TEST(DefaultRules, AreTheSameEverywhere) {
  EXPECT_EQ(Policy::Default()->digest(), PolicyOf({})->digest());
}

}  // namespace
}  // namespace stile
