#include "verifier/agents/agent.h"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "verifier/agents/shipped_lists.h"
#include "verifier/policy/default_rules.h"

namespace stile {
namespace {

TEST(BuiltInAgents, EachHasANameOfItsOwnAndAWayToBeVerified) {
  std::set<std::string> names;
  for (const Agent& agent : BuiltInAgents()) {
    EXPECT_TRUE(names.insert(agent.name).second) << agent.name;
    EXPECT_FALSE(agent.user_agents.empty()) << agent.name;
    EXPECT_FALSE(agent.lists.empty() && agent.reverse_names.empty()) << agent.name;
    EXPECT_EQ(FindBuiltInAgent(agent.name), &agent);
  }
  EXPECT_GE(names.size(), 19U);
  EXPECT_EQ(FindBuiltInAgent("nobody"), nullptr);
}

TEST(BuiltInAgents, EveryShippedListIsReadAndDatedAndUsed) {
  std::set<std::string> used;
  for (const Agent& agent : BuiltInAgents()) {
    for (const auto& list : agent.lists) {
      ASSERT_NE(list, nullptr) << agent.name;
      EXPECT_FALSE(list->ranges.empty()) << list->name;
      EXPECT_TRUE(list->created.has_value()) << list->name;
      used.insert(list->name);
    }
  }
  EXPECT_EQ(ShippedLists().size(), 14U);
  for (const ShippedList& list : ShippedLists()) {
    EXPECT_TRUE(used.contains("shipped:" + std::string(list.name))) << list.name;
  }
}

// A list that holds much of the internet would let anyone through who sends the user agent.
TEST(BuiltInAgents, NoShippedRangeIsWide) {
  for (const Agent& agent : BuiltInAgents()) {
    for (const auto& list : agent.lists) {
      for (const Cidr& range : list->ranges) {
        EXPECT_GE(range.length, range.address.is_v6() ? 32 : 16)
            << list->name << " " << range.address.ToString();
      }
    }
  }
}

// Whoever has a machine at the cloud has such a name.
TEST(BuiltInAgents, NoReverseNameIsThatOfACloudsCustomers) {
  for (const Agent& agent : BuiltInAgents()) {
    for (const std::string& name : agent.reverse_names) {
      EXPECT_EQ(name.find("googleusercontent"), std::string::npos) << name;
      EXPECT_EQ(name.find("amazonaws"), std::string::npos) << name;
      EXPECT_NE(name.find('.', name.find('.') + 1), std::string::npos) << name;
    }
  }
}

TEST(BuiltInAgents, EachIsNamedInTheDocumentation) {
  std::ifstream page(std::string(STILE_SOURCE_DIR) + "/docs/policy.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  for (const Agent& agent : BuiltInAgents()) {
    EXPECT_NE(text.find("`" + agent.name + "`"), std::string::npos) << agent.name;
  }
}

TEST(DefaultRules, NameOnlyAgentsThatExist) {
  for (const Rule& rule : DefaultRules({})) {
    for (const std::string& agent : rule.agents) {
      EXPECT_NE(FindBuiltInAgent(agent), nullptr) << agent;
    }
  }
}

}  // namespace
}  // namespace stile
