#include "verifier/policy/index/regex_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stile {
namespace {

using testing::HasSubstr;

RegexSet SetOf(const std::vector<std::string>& expressions) {
  auto set = RegexSet::Create(expressions);
  EXPECT_TRUE(set.has_value()) << (set ? "" : set.error().message);
  return set ? *std::move(set) : RegexSet();
}

std::vector<std::string> AtomsOf(const std::vector<std::string>& expressions) {
  const RegexSet set = SetOf(expressions);
  std::vector<std::string> atoms;
  for (const auto& atom : set.atoms()) atoms.push_back(atom.text);
  return atoms;
}

TEST(RegexSet, FindsWhatAnyOfItsExpressionsMatches) {
  const RegexSet set = SetOf({"GPTBot/[0-9]", "^curl"});
  EXPECT_EQ(set.Find("Mozilla (compatible; GPTBot/1)"), Truth::kYes);
  EXPECT_EQ(set.Find("curl/8"), Truth::kYes);
  EXPECT_EQ(set.Find("not curl"), Truth::kNo);
  EXPECT_EQ(set.Find(""), Truth::kNo);
}

TEST(RegexSet, SeesBytes) {
  const RegexSet set = SetOf({"caf.tiere"});
  EXPECT_EQ(set.Find("caf\xe9tiere"), Truth::kYes);
  EXPECT_EQ(set.Find("caf\xc3\xa9tiere"), Truth::kNo);
}

TEST(RegexSet, FilterFollowsTheCaseOfLetters) {
  const RegexSet set = SetOf({"(?i)admin[0-9]"});
  EXPECT_EQ(set.Find("ADMIN1"), Truth::kYes);
  EXPECT_EQ(set.Find("AdMiN1"), Truth::kYes);
}

TEST(RegexSet, AtomsAreTheFewestAndRarestThatSuffice) {
  EXPECT_EQ(AtomsOf({"Chrome/[0-9]+.*HeadlessThing"}), std::vector<std::string>{"headlessthing"});
  EXPECT_EQ(AtomsOf({"^Mozilla.*(foobar|quux/)"}), (std::vector<std::string>{"quux/", "foobar"}));
}

TEST(RegexSet, GivesUpWhereItHasNotBeenCompiled) {
  EXPECT_EQ(RegexSet().Find("anything"), Truth::kGaveUp);
  EXPECT_EQ(RegexSet().FindBehindAtom("anything"), Truth::kGaveUp);
}

TEST(RegexSet, RefusesWhatTakesTooMuchMemory) {
  const std::vector<std::string> large = {"abc(x{1,200}y{1,200}){1,2}"};
  const auto set = RegexSet::Create(large, 4096);
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(set.error().message, HasSubstr("too much memory"));
}

TEST(RegexSet, RefusesWhatEveryTextWouldHaveToBeSearchedFor) {
  for (const char* expression : {".*", "ab", "abc|.*", "(foo)?", "[0-9]+", "abc|d"}) {
    const auto set = RegexSet::Create({expression});
    ASSERT_FALSE(set.has_value()) << expression;
    EXPECT_EQ(set.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(set.error().message, HasSubstr("3 bytes")) << expression;
  }
  EXPECT_FALSE(RegexSet::Create({"abc(", "abc"}).has_value());
}

}  // namespace
}  // namespace stile
