#include "tool/anubis/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace stile {
namespace {

std::string Toml(std::string_view expression) {
  const auto converted = ConvertExpression(expression);
  return converted ? TomlMatchers(converted->condition)
                   : "fault at " + std::to_string(converted.error().offset) + ": " +
                         converted.error().reason;
}

TEST(ExpressionTest, ComparisonsBecomeMatchers) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"(userAgent.contains("curl"))", "user_agent = [\"curl\"]\n"},
      {R"(userAgent.startsWith("Git/"))", "user_agent_regex = [\"^Git/\"]\n"},
      {R"(userAgent == "a.b")", "user_agent_regex = ['^a\\.b$']\n"},
      {R"(userAgent.matches("(?i:curl)"))", "user_agent_regex = [\"(?i:curl)\"]\n"},
      {R"(userAgent.matches("curl|wget"))", "user_agent = [\"curl\", \"wget\"]\n"},
      {R"(path == "/a")", "path = [\"/a\"]\n"},
      {R"(path.startsWith("/api/"))", "path = [\"/api/*\"]\n"},
      {R"(path.endsWith(".rss"))", "path = [\"/*.rss\"]\n"},
      {R"(path.contains("/x/"))", "path_regex = [\"/x/\"]\n"},
      {R"(path in ["/a", "/b"])", "path = [\"/a\", \"/b\"]\n"},
      {R"(method == "GET")", "method = [\"GET\"]\n"},
      {R"("GET" == method)", "method = [\"GET\"]\n"},
      {R"(method != "GET")", "not = { method = [\"GET\"] }\n"},
      {R"(host == "Example.org")", "host = [\"example.org\"]\n"},
      {R"(host.endsWith(".example.org"))", "host = [\"*.example.org\"]\n"},
      {R"(remoteAddress == "192.0.2.7")", "ip = [\"192.0.2.7\"]\n"},
      {R"("Accept" in headers)", "header = { name = \"Accept\", present = true }\n"},
      {R"(headers["Accept"] == "*/*")", "header = { name = \"Accept\", equals = [\"*/*\"] }\n"},
      {R"(headers['Accept'].contains('html'))", "header = { name = \"Accept\", contains = [\"html\"] }\n"},
      {R"(missingHeader(headers, "Accept"))", "header = { name = \"Accept\", absent = true }\n"},
      {R"("go-get" in query && query["go-get"] == "1")", "query = { name = \"go-get\", equals = [\"1\"] }\n"},
      {R"(userAgent == "")", "header = { name = \"User-Agent\", absent = true }\n"},
  };
  for (const auto& [expression, toml] : cases) EXPECT_EQ(Toml(expression), toml) << expression;
}

TEST(ExpressionTest, OperatorsBindAsInCel) {
  EXPECT_EQ(Toml(R"(method == "GET" || method == "HEAD" && path == "/a")"),
            "any = [{ method = [\"GET\"] }, { method = [\"HEAD\"], path = [\"/a\"] }]\n");
  EXPECT_EQ(Toml(R"((method == "GET" || method == "HEAD") && path == "/a")"),
            "method = [\"GET\", \"HEAD\"]\npath = [\"/a\"]\n");
  EXPECT_EQ(Toml(R"(!(method == "GET" || path == "/a"))"),
            "not = { any = [{ method = [\"GET\"] }, { path = [\"/a\"] }] }\n");
  EXPECT_EQ(Toml(R"(!!(method == "GET"))"), "method = [\"GET\"]\n");
}

TEST(ExpressionTest, WhatNoMatcherDoesIsNamedByItsPlace) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"load_1m >= 10.0", "fault at 0: no matcher does what \"load_1m\" does here"},
      {R"(method == "GET" && randInt(100) < 5)",
       "fault at 19: no matcher does what \"randInt\" does here"},
      {R"(userAgent.size() > 3)", "fault at 10: no matcher does what \"size\" does here"},
      {R"(remoteAddress.startsWith("10."))",
       "fault at 0: no matcher compares remoteAddress in this way"},
      {R"(host.contains("x"))", "fault at 14: host takes a name, or all names below one"},
      {R"(path == "/a" ? true : false)", "fault at 13: no matcher does what \"?\" does here"},
      {R"(path == )", "fault at 8: the expression is not complete"},
      {R"((path == "/a")", "fault at 13: the expression is not complete"},
      {"path == \"/a\n", "fault at 8: this is no expression that is understood"},
      {"@", "fault at 0: this is no expression that is understood"},
      {R"(userAgent.contains(""))", "fault at 19: an empty text is in everything"},
      {R"(path == "")", "fault at 8: no matcher asks for an empty text"},
      {R"(path == "/\n")", "fault at 8: this is no text that a policy file can hold"},
  };
  for (const auto& [expression, fault] : cases) EXPECT_EQ(Toml(expression), fault) << expression;
}

TEST(ExpressionTest, EmptyUserAgentIsConvertedWithAWord) {
  const auto converted = ConvertExpression(R"(userAgent == "")");
  ASSERT_TRUE(converted.has_value());
  EXPECT_THAT(converted->changes, testing::SizeIs(1));
}

TEST(ExpressionTest, DepthAndLengthAreBounded) {
  const std::string deep = std::string(40, '(') + "method == \"GET\"" + std::string(40, ')');
  EXPECT_THAT(Toml(deep), testing::HasSubstr("it nests too deep"));
  EXPECT_THAT(Toml(std::string(kMaxExpression + 1, ' ')), testing::HasSubstr("longer than"));
}

TEST(ExpressionTest, PathsBecomePatternsOnlyWhereTheyMeanTheSame) {
  EXPECT_EQ(TomlMatchers(PathCondition("^/\\.well-known/.*$")), "path = [\"/.well-known/*\"]\n");
  EXPECT_EQ(TomlMatchers(PathCondition("^/a$|^/b")), "path = [\"/a\", \"/b*\"]\n");
  EXPECT_EQ(TomlMatchers(PathCondition("\\.php$")), "path = [\"/*.php\"]\n");
  EXPECT_EQ(TomlMatchers(PathCondition("^/a\\*b$")), "path_regex = ['^/a\\*b$']\n");
  EXPECT_EQ(TomlMatchers(PathCondition("^/a|/[0-9]+")),
            "any = [{ path = [\"/a*\"] }, { path_regex = [\"/[0-9]+\"] }]\n");
}

TEST(ExpressionTest, FieldsTakeTextsWhereTheyCan) {
  EXPECT_EQ(TomlMatchers(FieldCondition("header", "A", ".*")),
            "header = { name = \"A\", present = true }\n");
  EXPECT_EQ(
      TomlMatchers(FieldCondition("header", "A", "x|^y$")),
      "header = [{ name = \"A\", contains = [\"x\"] }, { name = \"A\", equals = [\"y\"] }]\n");
  EXPECT_EQ(TomlMatchers(FieldCondition("header", "A", "^abc[0-9]")),
            "header = { name = \"A\", regex = [\"^abc[0-9]\"] }\n");
}

}  // namespace
}  // namespace stile
