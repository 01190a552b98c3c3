#include "verifier/policy/mistake/matcher_mistake.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/verifier/policy/policy_fixture.h"

namespace stile {
namespace {

// What a program may get wrong that a file can't say; one line each.
std::string MistakesIn(const Matchers& matchers) {
  SourceTally tally;
  std::string lines;
  for (const SourceMistake& mistake :
       MistakesInMatchers(matchers, Reading::kLenient, {{"bot", {"Bot/"}, {}, {}}}, tally)) {
    if (!lines.empty()) lines += '\n';
    lines += mistake.message;
  }
  return lines;
}

Matchers Nested(std::size_t depth) {
  Matchers matchers;
  matchers.hosts = {"a"};
  for (std::size_t i = 0; i < depth; ++i) {
    Matchers outer;
    outer.negated = {std::move(matchers)};
    matchers = std::move(outer);
  }
  return matchers;
}

TEST(MatcherMistake, FindsWhatIsNestedTooDeeplyOrTwice) {
  EXPECT_EQ(MistakesIn(Nested(8)), "");
  EXPECT_EQ(MistakesIn(Nested(9)),
            "any, all and not are nested more than 8 deep: take some apart into rules");
  Matchers twice;
  twice.negated = {Nested(0), Nested(0)};
  EXPECT_EQ(MistakesIn(twice), "there is more than one not: put them into all");
}

TEST(MatcherMistake, FindsUnknownAgentsAndUnreadLists) {
  Matchers matchers;
  matchers.agents = {"bot", "nobot"};
  matchers.ip_lists = {nullptr};
  EXPECT_EQ(MistakesIn(matchers),
            "a list of ranges has not been read\n"
            "there is no agent \"nobot\": define it or name one that exists");
}

TEST(MatcherMistake, FindsNumbersOutOfBounds) {
  Matchers matchers;
  matchers.rate = 0;
  matchers.overload = std::uint8_t{101};
  EXPECT_EQ(MistakesIn(matchers),
            "the rate must be from 1 to 1000000\nthe overload must be from 1 to 100");
}

TEST(MatcherMistake, FindsTestsThatAskNothing) {
  const auto mistake = [](FieldTest test, bool is_field) {
    const auto found = MistakeInFieldTest(test, is_field);
    return found ? found->message : std::string();
  };
  EXPECT_EQ(mistake({"accept", FieldQuestion::kPresent, {}}, true), "");
  EXPECT_EQ(mistake({"Accept", FieldQuestion::kPresent, {}}, true),
            "the name of a header is kept in lower case");
  EXPECT_EQ(mistake({"", FieldQuestion::kPresent, {}}, true),
            "the name of a header is empty: write one or remove it");
  EXPECT_EQ(mistake({"", FieldQuestion::kContains, {"abc"}}, false), "");
  EXPECT_EQ(mistake({"", FieldQuestion::kAbsent, {}}, false),
            "present and absent ask for a parameter: give its name");
  EXPECT_EQ(mistake({"a", FieldQuestion::kEquals, {}}, false),
            "there is no value to compare with: add one");
  EXPECT_EQ(mistake({"a", FieldQuestion::kPresent, {"x"}}, false),
            "present and absent compare with no value: remove the values");
}

TEST(MatcherMistake, CountsAListOnceHoweverOftenItIsNamed) {
  const auto list = [] {
    auto made = std::make_shared<RangeList>();
    made->ranges.assign(1'500'000, RangeOf("10.0.0.0", 8));
    return made;
  };
  const std::shared_ptr<const RangeList> first = list();
  Matchers matchers;
  matchers.ip_lists = {first, first};
  EXPECT_EQ(MistakesIn(matchers), "");
  matchers.ip_lists = {first, list(), list()};
  EXPECT_EQ(MistakesIn(matchers),
            "with this list there are more than 2000000 ranges in all lists together: name fewer "
            "or shorter ones");
}

TEST(MatcherMistake, FindsWrongWeights) {
  const auto mistake = [](Action action, std::int32_t weight) {
    Rule rule;
    rule.action = action;
    rule.weight = weight;
    const auto found = MistakeInWeight(rule);
    return found ? found->message : std::string();
  };
  EXPECT_EQ(mistake(Action::kNone, -1000), "");
  EXPECT_EQ(mistake(Action::kDeny, 0), "");
  EXPECT_EQ(mistake(Action::kNone, 0), "the weight must be from -1000 to 1000, and not 0");
  EXPECT_EQ(mistake(Action::kNone, 1001), "the weight must be from -1000 to 1000, and not 0");
  EXPECT_EQ(mistake(Action::kDeny, 1), "only a rule that weighs has a weight: remove it");
}

TEST(MatcherMistake, FindsWrongAgentsAndThresholds) {
  SourceTally tally;
  const auto mistakes = MistakesInAgent({"a b", {}, {nullptr}, {"*"}}, tally);
  EXPECT_EQ(mistakes.size(), 4u);
  EXPECT_EQ(MistakesInAgent({"bot", {"Bot/"}, {}, {}}, tally).size(), 0u);
  const std::vector<Threshold> thresholds = {
      {5, Action::kDeny, 0}, {1'000'001, Action::kDeny, 0}, {5, Action::kAllow, 0}};
  EXPECT_FALSE(MistakeInThreshold(thresholds, 0).has_value());
  EXPECT_EQ(MistakeInThreshold(thresholds, 1)->message, "at must be from -1000000 to 1000000");
  EXPECT_EQ(MistakeInThreshold(thresholds, 2)->message,
            "there is another threshold at 5: remove one");
}

}  // namespace
}  // namespace stile
