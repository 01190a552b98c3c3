#include "tool/anubis/condition.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

Condition UserAgent(const char* text) { return Condition::Texts("user_agent", {text}); }
Condition Path(const char* text) { return Condition::Texts("path", {text}); }

TEST(ConditionTest, DifferentMatchersStandSideBySide) {
  EXPECT_EQ(TomlMatchers(Condition::All({UserAgent("a"), Path("/b")})),
            "user_agent = [\"a\"]\npath = [\"/b\"]\n");
}

TEST(ConditionTest, SameMatcherTwiceGoesIntoAll) {
  EXPECT_EQ(TomlMatchers(Condition::All({UserAgent("a"), UserAgent("b")})),
            "user_agent = [\"a\"]\nall = [{ user_agent = [\"b\"] }]\n");
}

TEST(ConditionTest, AlternativesOfOneMatcherAreOneList) {
  EXPECT_EQ(TomlMatchers(Condition::Any({UserAgent("a"), UserAgent("b"), UserAgent("a")})),
            "user_agent = [\"a\", \"b\"]\n");
}

TEST(ConditionTest, AlternativesOfSeveralMatchersAreAny) {
  EXPECT_EQ(TomlMatchers(Condition::Any({UserAgent("a"), Path("/b"), UserAgent("c")})),
            "any = [{ user_agent = [\"a\", \"c\"] }, { path = [\"/b\"] }]\n");
}

TEST(ConditionTest, NotNotIsNothing) {
  EXPECT_EQ(TomlMatchers(Condition::Not(Condition::Not(Path("/a")))), "path = [\"/a\"]\n");
  EXPECT_EQ(TomlMatchers(Condition::Not(Path("/a"))), "not = { path = [\"/a\"] }\n");
}

TEST(ConditionTest, NotPresentIsAbsent) {
  EXPECT_EQ(TomlMatchers(Condition::Not(Condition::Field("header", "A", "present", {}))),
            "header = { name = \"A\", absent = true }\n");
  EXPECT_EQ(TomlMatchers(Condition::Not(Condition::Field("header", "A", "equals", {"x"}))),
            "not = { header = { name = \"A\", equals = [\"x\"] } }\n");
}

TEST(ConditionTest, FieldThatIsAskedAnywayNeedNotBeAskedFor) {
  EXPECT_EQ(TomlMatchers(Condition::All({Condition::Field("header", "Accept", "present", {}),
                                         Condition::Field("header", "Accept", "equals", {"*/*"})})),
            "header = { name = \"Accept\", equals = [\"*/*\"] }\n");
  EXPECT_EQ(TomlMatchers(Condition::All({Condition::Field("header", "A", "present", {}),
                                         Condition::Field("header", "B", "equals", {"x"})})),
            "header = { name = \"A\", present = true }\n"
            "all = [{ header = { name = \"B\", equals = [\"x\"] } }]\n");
}

TEST(ConditionTest, TextsAreQuotedAsTheyNeed) {
  EXPECT_EQ(TomlText("a"), "\"a\"");
  EXPECT_EQ(TomlText("a\\.b"), "'a\\.b'");
  EXPECT_EQ(TomlText("a'b\\\""), "\"a'b\\\\\\\"\"");
  EXPECT_FALSE(IsWritable("a\nb"));
  EXPECT_FALSE(IsWritable("\xFF"));
}

}  // namespace
}  // namespace stile
