#include "service/list_admission.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// kGoodConfig with a crawler whose list is `list`.
LoadedConfig Load(const std::string& list, const std::string& rules = "") {
  ConfigTexts texts;
  texts.name = "stile.toml";
  texts.config = kGoodConfig;
  texts.policies = {{"policy.toml",
                     "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\n"
                     "ip_list = [\"examplebot.txt\"]\n" +
                         rules}};
  texts.lists = {{"examplebot.txt", list}, {"mine.txt", list}};
  return LoadTexts(std::move(texts));
}

LoadedConfig With(const std::string& list, const std::string& rules = "") {
  LoadedConfig loaded = Load(list, rules);
  EXPECT_TRUE(loaded.good()) << ToString(loaded.policy_errors) << ToString(loaded.config_errors);
  return loaded;
}

std::string Ranges(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "192.0.2." + std::to_string(i) + "\n";
  return text;
}

TEST(ListAdmission, ListThatKeepsHalfOfItsRangesIsTaken) {
  EXPECT_THAT(CheckLists(With(Ranges(10)).config, With(Ranges(5)).config), IsEmpty());
  EXPECT_THAT(CheckLists(With(Ranges(10)).config, With(Ranges(100)).config), IsEmpty());
}

TEST(ListAdmission, ListThatLostMoreIsRefusedWithBothNumbers) {
  const Errors errors = CheckLists(With(Ranges(10)).config, With(Ranges(4)).config);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].place, "examplebot.txt");
  EXPECT_THAT(errors[0].message, HasSubstr("agent \"examplebot\" has 4 ranges"));
  EXPECT_THAT(errors[0].message, HasSubstr("has 10 of examplebot.txt"));
  EXPECT_THAT(errors[0].message, HasSubstr("stile reload --force"));
}

// kGoodConfig with `policy`, in which lists/a.txt and lists/b.txt hold `a` and `b`.
Config WithPolicy(const std::string& policy, const std::string& a, const std::string& b = "x",
                  const std::string& site = "main") {
  ConfigTexts texts;
  texts.name = "stile.toml";
  texts.config = kGoodConfig;
  texts.config.replace(texts.config.find("\"main\""), 6, "\"" + site + "\"");
  texts.policies = {{"policy.toml", policy}};
  texts.lists = {{"lists/a.txt", a}, {"lists/b.txt", b}};
  LoadedConfig loaded = LoadTexts(std::move(texts));
  EXPECT_TRUE(loaded.good()) << ToString(loaded.policy_errors) << ToString(loaded.config_errors);
  return std::move(loaded.config);
}

std::string Crawler(const std::string& lists) {
  return "[agent.examplebot]\nuser_agent = [\"Examplebot/\"]\nip_list = [" + lists + "]\n";
}

TEST(ListAdmission, ListOfAnotherNameIsComparedToo) {
  const Config serving = WithPolicy(Crawler("\"lists/a.txt\""), Ranges(10));
  const Config next = WithPolicy(Crawler("\"lists/b.txt\""), Ranges(10), Ranges(1));
  const Errors errors = CheckLists(serving, next);
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].place, "lists/b.txt");
  EXPECT_THAT(errors[0].message, HasSubstr("has 1 range of lists/b.txt"));
  EXPECT_THAT(errors[0].message, HasSubstr("has 10 of lists/a.txt"));
  EXPECT_THAT(CheckLists(next, serving), IsEmpty());
}

TEST(ListAdmission, FileInPlaceOfAShippedListIsComparedToo) {
  const std::string rule =
      "[[rule]]\nname = \"crawlers\"\nagent = [\"googlebot\"]\naction = \"allow\"\n";
  const std::string own = "[agent.googlebot]\nip_list = [\"lists/a.txt\"]\n";
  const Errors errors = CheckLists(WithPolicy(rule, Ranges(1)), WithPolicy(own + rule, Ranges(1)));
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0].message, HasSubstr("agent \"googlebot\" has 1 range of lists/a.txt"));
  EXPECT_THAT(errors[0].message, HasSubstr(" of shipped:"));
}

TEST(ListAdmission, RangesOfAllListsCountOnceEach) {
  const Config serving = WithPolicy(Crawler("\"lists/a.txt\""), Ranges(10));
  const std::string both = Crawler("\"lists/a.txt\", \"lists/b.txt\"");
  EXPECT_THAT(CheckLists(serving, WithPolicy(both, Ranges(3), "2001:db8::/32\n2001:db8:1::/48\n")),
              IsEmpty());
  EXPECT_THAT(CheckLists(serving, WithPolicy(both, Ranges(3), Ranges(4))), SizeIs(1));
}

TEST(ListAdmission, AgentThatNamesNoListAnyMoreIsRefusedAtItsPolicy) {
  const Config serving = WithPolicy(Crawler("\"lists/a.txt\""), Ranges(10));
  const Errors errors = CheckLists(
      serving, WithPolicy(Crawler("") + "reverse_dns = [\"*.example.org\"]\n", Ranges(10)));
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].place, "policy.toml");
  EXPECT_THAT(errors[0].message, HasSubstr("has 0 ranges, since it names no list"));
}

TEST(ListAdmission, SiteOfAnotherNameIsKnownByItsPolicy) {
  const std::string policy = Crawler("\"lists/a.txt\"");
  EXPECT_THAT(
      CheckLists(WithPolicy(policy, Ranges(10)), WithPolicy(policy, Ranges(1), "x", "renamed")),
      SizeIs(1));
}

TEST(ListAdmission, WideRangeIsAMistakeHoweverItGotThere) {
  for (const char* wide : {"0.0.0.0/0", "64.0.0.0/7", "::/0", "2a00::/15"}) {
    const LoadedConfig loaded = Load(wide);
    EXPECT_THAT(loaded.config_errors, IsEmpty());
    ASSERT_THAT(loaded.policy_errors, SizeIs(1)) << wide;
    EXPECT_EQ(loaded.policy_errors[0].place, "examplebot.txt");
    EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr(wide));
    EXPECT_EQ(loaded.config.sites.at(0).options.policy, nullptr);
  }
  for (const char* narrow : {"64.0.0.0/8", "2a00::/16"}) {
    EXPECT_TRUE(Load(narrow).good()) << narrow;
  }
}

TEST(ListAdmission, InternetInSmallRangesIsAMistakeToo) {
  const auto eights = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i) + ".0.0.0/8\n";
    return text;
  };
  EXPECT_TRUE(Load(eights(4)).good());
  for (const std::string& much : {eights(4) + "4.0.0.0\n", eights(256)}) {
    const LoadedConfig loaded = Load(much);
    ASSERT_THAT(loaded.policy_errors, SizeIs(1));
    EXPECT_THAT(loaded.policy_errors[0].message, HasSubstr("more than 67108864 IPv4 addresses"));
  }
  EXPECT_TRUE(Load("2a00::/17\n2a00:8000::/17\n2a00::/16\n").good());
  EXPECT_FALSE(Load("2a00::/16\n2a01::/64\n").good());
}

TEST(ListAdmission, ListsOfRulesMayShrinkAndBeWide) {
  const std::string rule = "[[rule]]\nip_list = [\"mine.txt\"]\naction = \"deny\"\n";
  const auto of_rule = [&](const std::string& list) {
    ConfigTexts texts;
    texts.name = "stile.toml";
    texts.config = kGoodConfig;
    texts.policies = {{"policy.toml", rule}};
    texts.lists = {{"mine.txt", list}};
    return LoadTexts(std::move(texts)).config;
  };
  EXPECT_THAT(CheckLists(of_rule(Ranges(10)), of_rule("0.0.0.0/0\n")), IsEmpty());
}

TEST(ListAdmission, StatesNameEachListOnceWithItsAge) {
  const LoadedConfig loaded =
      With("# created: 2026-03-01T12:00:00Z\n" + Ranges(3),
           "[[rule]]\nip_list = [\"mine.txt\", \"examplebot.txt\"]\naction = \"allow\"\n");
  const std::vector<ListState> states = ListStatesOf(loaded);
  ASSERT_GE(states.size(), 2U);
  EXPECT_EQ(states[0].name, "examplebot.txt");
  EXPECT_EQ(states[0].ranges, 3U);
  EXPECT_FALSE(states[0].shipped);
  ASSERT_TRUE(states[0].created);
  EXPECT_EQ(states[0].created->Seconds(), 1'772'366'400);
  EXPECT_EQ(states[1].name, "mine.txt");
  for (std::size_t i = 2; i < states.size(); ++i) EXPECT_TRUE(states[i].shipped);
}

// --- Policies that became empty ---

LoadedConfig WithText(const std::string& policy) {
  ConfigTexts texts;
  texts.name = "stile.toml";
  texts.config = kGoodConfig;
  texts.policies = {{"policy.toml", policy}};
  return LoadTexts(std::move(texts));
}

Errors EmptiedBy(const std::string& before, const std::string& after) {
  const LoadedConfig next = WithText(after);
  return CheckEmptied(WithText(before).config, next.config, next.texts);
}

constexpr const char* kOneRule = "[[rule]]\npath = [\"/a\"]\naction = \"deny\"\n";

TEST(ListAdmission, PolicyThatBecameEmptyIsRefused) {
  for (const char* after : {"", "\n", " \t\r\n"}) {
    const Errors errors = EmptiedBy(kOneRule, after);
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_EQ(errors[0].place, "policy.toml");
    EXPECT_THAT(errors[0].message, HasSubstr("stile reload --force"));
  }
}

TEST(ListAdmission, PolicyThatSaysThatItIsEmptyIsTaken) {
  EXPECT_THAT(EmptiedBy(kOneRule, "# Everybody is challenged.\n"), IsEmpty());
}

TEST(ListAdmission, EmptyPolicyAfterAnEmptyOneIsTaken) {
  EXPECT_THAT(EmptiedBy("", "\n"), IsEmpty());
}

}  // namespace
}  // namespace stile
