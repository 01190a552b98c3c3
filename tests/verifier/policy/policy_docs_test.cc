#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

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

void ExpectOutcome(const Policy& policy, const std::string& line) {
  std::istringstream words(line);
  std::string method, host, target, address, user_agent, arrow;
  words >> method >> host >> target >> address >> user_agent >> arrow >> std::ws;
  ASSERT_EQ(arrow, "->") << line;
  std::string expected;
  std::getline(words, expected);
  Request request;
  request.method = method;
  request.host = host;
  request.target = target;
  request.address = AddressOf(address);
  request.user_agent = user_agent;
  EXPECT_EQ(OutcomeText(policy, request), expected) << line;
}

TEST(PolicyDocs, EveryExampleIsTrue) {
  std::shared_ptr<const Policy> policy;
  std::string mistakes;
  int policies = 0;
  int requests = 0;
  for (const Block& block : BlocksOfThePage()) {
    SCOPED_TRACE("docs/policy.md:" + std::to_string(block.line));
    if (block.language == "toml") {
      policy = CompiledFile(block.text);
      ++policies;
    } else if (block.language == "toml wrong") {
      mistakes = FileMistakes(block.text) + "\n";
    } else if (block.language == "error") {
      EXPECT_EQ(mistakes, block.text);
    } else if (block.language == "requests") {
      ASSERT_NE(policy, nullptr);
      std::istringstream lines(block.text);
      for (std::string line; std::getline(lines, line); ++requests) ExpectOutcome(*policy, line);
    } else {
      ADD_FAILURE() << "nothing runs a block of \"" << block.language << "\"";
    }
  }
  EXPECT_GE(policies, 5);
  EXPECT_GE(requests, 20);
}

}  // namespace
}  // namespace stile
