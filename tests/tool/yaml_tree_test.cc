#include "tool/anubis/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto tree = ParseYaml(text, "p.yaml");
  return tree ? "good" : ToString(tree.error());
}

TEST(YamlTreeTest, ValuesKnowTheirPlaces) {
  const auto tree = ParseYaml("bots:\n  - name: a\n    asns: { match: [1, 2] }\n  -\n", "p.yaml");
  ASSERT_TRUE(tree.has_value());
  const YamlNode* bots = tree->Find("bots");
  ASSERT_NE(bots, nullptr);
  ASSERT_EQ(bots->items.size(), 2U);
  EXPECT_EQ(bots->items[0].TextOf("name"), "a");
  EXPECT_EQ(bots->items[0].place.line, 2U);
  const YamlNode* match = bots->items[0].Find("asns")->Find("match");
  ASSERT_EQ(match->items.size(), 2U);
  EXPECT_EQ(match->items[1].place.line, 3U);
  EXPECT_EQ(match->items[1].place.column, 24U);
  EXPECT_EQ(bots->items[1].kind, YamlKind::kNull);
  EXPECT_EQ(tree->Find("none"), nullptr);
}

TEST(YamlTreeTest, JsonIsYamlToo) {
  const auto tree = ParseYaml(R"({"bots": [{"name": "a\u00e9"}]})", "p.json");
  ASSERT_TRUE(tree.has_value());
  EXPECT_EQ(tree->Find("bots")->items[0].TextOf("name"), "a\xC3\xA9");
}

TEST(YamlTreeTest, WhatIsNoYamlIsNamedByItsPlace) {
  EXPECT_THAT(ErrorOf("a:\n  - [1, 2\n"), testing::StartsWith("p.yaml:2:5: "));
  EXPECT_EQ(ErrorOf(""), "p.yaml: there is nothing in it");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"), "p.yaml: it has more than one document: split it");
}

TEST(YamlTreeTest, AliasesAreRefusedBeforeTheyUnfold) {
  EXPECT_EQ(ErrorOf("a: &a [1]\nb: *a\n"), "p.yaml:2:4: an alias is not read: write its value out");
}

TEST(YamlTreeTest, KeyTwiceAndKeyThatIsNoTextAreRefused) {
  EXPECT_EQ(ErrorOf("a: 1\na: 2\n"), "p.yaml:2:1: the key stands twice in one map");
  EXPECT_EQ(ErrorOf("? [a]\n: 1\n"), "p.yaml:1:3: a key must be a text: is a bracket left open?");
}

TEST(YamlTreeTest, DepthCountAndSizeAreBounded) {
  EXPECT_THAT(ErrorOf(std::string(40, '[') + std::string(40, ']')),
              testing::HasSubstr("nested more than 32 deep"));
  std::string many = "[";
  for (int i = 0; i < 200'001; ++i) many += "1,";
  EXPECT_THAT(ErrorOf(many + "1]"), testing::HasSubstr("more than 200000 values"));
  EXPECT_THAT(ErrorOf(std::string(kMaxYaml + 1, ' ')), testing::HasSubstr("more than"));
}

}  // namespace
}  // namespace stile
