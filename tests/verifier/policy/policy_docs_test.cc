#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/policy_warning.h"
#include "verifier/policy/range_list.h"

// Runs every example of docs/policy.md: a block of TOML is a policy, the requests after it are
// answered by it, and a wrong one has exactly the mistakes that follow.
namespace stile {
namespace {

struct Block {
  std::string language;
  std::string text;
  int line = 0;
};

std::vector<Block> BlocksOfThePage() {
  std::ifstream page(std::string(STILE_SOURCE_DIR) + "/docs/policy.md");
  EXPECT_TRUE(page.is_open());
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(page, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), "", number});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

// The lists that the page has shown so far, by their names.
using Lists = std::map<std::string, std::string>;

RangeListSource SourceOf(const Lists& lists) {
  return [&lists](
             const std::string& name) -> tl::expected<std::shared_ptr<const RangeList>, Errors> {
    const auto text = lists.find(name);
    if (text == lists.end()) {
      return tl::unexpected(Errors{Error{ErrorCode::kFailedPrecondition, name, "no such list"}});
    }
    auto list = ParseRangeList(text->second, name);
    if (!list) return tl::unexpected(std::move(list.error()));
    return std::make_shared<const RangeList>(*std::move(list));
  };
}

// One line of requests: what a door saw, what is known besides, and what should come of it.
class Example {
 public:
  explicit Example(const std::string& line) {
    std::istringstream words(line);
    std::string address;
    words >> texts_.method >> texts_.host >> texts_.target >> address >> texts_.user_agent;
    request.method = texts_.method;
    request.host = texts_.host;
    request.target = texts_.target;
    request.user_agent = texts_.user_agent;
    if (address != "-") request.address = AddressOf(address);
    for (std::string word; words >> word && word != "->";) AddFact(word);
    request.country = texts_.country;
    request.tls_fingerprint = texts_.tls_fingerprint;
    for (const auto& [name, value] : fields_) views_.push_back({name, value});
    request.fields = views_;
    words >> std::ws;
    std::getline(words, expected);
  }

  Request request;
  ClientFacts facts;
  std::string dns;  // What reverse DNS says; empty: nobody asks it.
  std::string expected;

 private:
  struct Texts {
    std::string method, host, target, user_agent, country, tls_fingerprint;
  };

  void AddFact(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (name == "country") {
      texts_.country = value;
    } else if (name == "asn") {
      request.asn = static_cast<std::uint32_t>(std::stoul(value));
    } else if (name == "tls") {
      texts_.tls_fingerprint = value;
    } else if (name == "rank") {
      facts.rank_held = static_cast<std::uint8_t>(std::stoul(value));
    } else if (name == "dns") {
      dns = value;
    } else if (name == "header") {
      const std::size_t colon = value.find(':');
      fields_.emplace_back(value.substr(0, colon), value.substr(colon + 1));
    } else {
      ADD_FAILURE() << "nothing is known of \"" << word << "\"";
    }
  }

  Texts texts_;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<RequestField> views_;
};

// Knows of every agent what `verdict` says of the request's address.
std::unique_ptr<ReverseNames> NamesThatSay(const std::string& verdict, const Policy& policy,
                                           const Request& request) {
  if (verdict.empty()) return nullptr;
  auto names = ReverseNames::Create({1, 2, 3});
  EXPECT_TRUE(names.has_value());
  for (std::size_t i = 0; i < policy.agents().size() && request.address; ++i) {
    if (verdict == "unknown") continue;
    (*names)->Record(*request.address, policy.AgentKey(i),
                     verdict == "confirmed" ? NameVerdict::kConfirmed : NameVerdict::kRefuted,
                     UnixMillis{1'000'000});
  }
  return *std::move(names);
}

void ExpectOutcome(const Policy& policy, const std::string& line) {
  Example example(line);
  ASSERT_NE(example.expected, "") << line;
  const auto names = NamesThatSay(example.dns, policy, example.request);
  example.facts.names = names.get();
  const PolicyMatch match = policy.Match(example.request, example.facts);
  std::string outcome = OutcomeText(policy, example.request, example.facts);
  if (match.weight != 0) outcome += " weight=" + std::to_string(match.weight);
  if (match.shadow_rule != kNoRule) outcome += " shadow=" + policy.rules()[match.shadow_rule].name;
  EXPECT_EQ(outcome, example.expected) << line;
}

// The warnings of a file, as the page writes them.
std::string WarningText(const PolicySource& source) {
  std::string text;
  for (const PolicyWarning& warning : WarningsOf(source, UnixMillis{1'795'600'800'000})) {
    text += "policy.toml:" + std::to_string(warning.place.line) + ":" +
            std::to_string(warning.place.column) + ": " + warning.message + "\n";
  }
  return text;
}

TEST(PolicyDocs, EveryExampleIsTrue) {
  Lists lists;
  PolicySource source;
  std::shared_ptr<const Policy> policy;
  std::string mistakes;
  int policies = 0;
  int requests = 0;
  for (const Block& block : BlocksOfThePage()) {
    SCOPED_TRACE("docs/policy.md:" + std::to_string(block.line));
    if (block.language.starts_with("list ")) {
      lists[block.language.substr(5)] = block.text;
    } else if (block.language.starts_with("toml")) {
      auto parsed = ParsePolicyFile(block.text, "policy.toml", SourceOf(lists));
      EXPECT_EQ(parsed.has_value(), block.language == "toml");
      mistakes = parsed ? "" : ToString(parsed.error()) + "\n";
      if (!parsed) {
        if (block.language == "toml") ADD_FAILURE() << mistakes;
        continue;
      }
      source = *parsed;
      policy = Compiled(*std::move(parsed));
      ++policies;
    } else if (block.language == "error") {
      EXPECT_EQ(mistakes, block.text);
    } else if (block.language == "warning") {
      EXPECT_EQ(WarningText(source), block.text);
    } else if (block.language == "requests") {
      ASSERT_NE(policy, nullptr);
      std::istringstream lines(block.text);
      for (std::string line; std::getline(lines, line); ++requests) ExpectOutcome(*policy, line);
    } else {
      ADD_FAILURE() << "nothing runs a block of \"" << block.language << "\"";
    }
  }
  EXPECT_GE(policies, 15);
  EXPECT_GE(requests, 60);
}

}  // namespace
}  // namespace stile
