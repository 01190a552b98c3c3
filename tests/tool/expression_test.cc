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
      {R"cel(userAgent.contains("curl"))cel", "user_agent = [\"curl\"]\n"},
      {R"cel(userAgent.startsWith("Git/"))cel", "user_agent_regex = [\"^Git/\"]\n"},
      {R"cel(userAgent == "a.b")cel", "user_agent_regex = ['^a\\.b$']\n"},
      {R"cel(userAgent.matches("(?i:curl)"))cel", "user_agent_regex = [\"(?i:curl)\"]\n"},
      {R"cel(userAgent.matches("curl|wget"))cel", "user_agent = [\"curl\", \"wget\"]\n"},
      {R"cel(path == "/a")cel", "path = [\"/a\"]\n"},
      {R"cel(path.startsWith("/api/"))cel", "path = [\"/api/*\"]\n"},
      {R"cel(path.endsWith(".rss"))cel", "path = [\"/*.rss\"]\n"},
      {R"cel(path.contains("/x/"))cel", "path_regex = [\"/x/\"]\n"},
      {R"cel(path in ["/a", "/b"])cel", "path = [\"/a\", \"/b\"]\n"},
      {R"cel(method == "GET")cel", "method = [\"GET\"]\n"},
      {R"cel("GET" == method)cel", "method = [\"GET\"]\n"},
      {R"cel(method != "GET")cel", "not = { method = [\"GET\"] }\n"},
      {R"cel(host == "Example.org")cel", "host = [\"example.org\"]\n"},
      {R"cel(host.endsWith(".example.org"))cel", "host = [\"*.example.org\"]\n"},
      {R"cel(remoteAddress == "192.0.2.7")cel", "ip = [\"192.0.2.7\"]\n"},
      {R"cel("Accept" in headers)cel", "header = { name = \"Accept\", present = true }\n"},
      {R"cel(headers["Accept"] == "*/*")cel",
       "header = { name = \"Accept\", equals = [\"*/*\"] }\n"},
      {R"cel(headers['Accept'].contains('html'))cel",
       "header = { name = \"Accept\", contains = [\"html\"] }\n"},
      {R"cel(missingHeader(headers, "Accept"))cel",
       "header = { name = \"Accept\", absent = true }\n"},
      {R"cel("go-get" in query && query["go-get"] == "1")cel",
       "query = { name = \"go-get\", equals = [\"1\"] }\n"},
      {R"cel(userAgent == "")cel", "header = { name = \"User-Agent\", absent = true }\n"},
  };
  for (const auto& [expression, toml] : cases) EXPECT_EQ(Toml(expression), toml) << expression;
}

TEST(ExpressionTest, OperatorsBindAsInCel) {
  EXPECT_EQ(Toml(R"cel(method == "GET" || method == "HEAD" && path == "/a")cel"),
            "any = [{ method = [\"GET\"] }, { method = [\"HEAD\"], path = [\"/a\"] }]\n");
  EXPECT_EQ(Toml(R"cel((method == "GET" || method == "HEAD") && path == "/a")cel"),
            "method = [\"GET\", \"HEAD\"]\npath = [\"/a\"]\n");
  EXPECT_EQ(Toml(R"cel(!(method == "GET" || path == "/a"))cel"),
            "not = { any = [{ method = [\"GET\"] }, { path = [\"/a\"] }] }\n");
  EXPECT_EQ(Toml(R"cel(!!(method == "GET"))cel"), "method = [\"GET\"]\n");
}

TEST(ExpressionTest, WhatNoMatcherDoesIsNamedByItsPlace) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"load_1m >= 10.0", "fault at 0: no matcher does what \"load_1m\" does here"},
      {R"cel(method == "GET" && randInt(100) < 5)cel",
       "fault at 19: no matcher does what \"randInt\" does here"},
      {R"cel(userAgent.size() > 3)cel", "fault at 10: no matcher does what \"size\" does here"},
      {R"cel(remoteAddress.startsWith("10."))cel",
       "fault at 0: no matcher compares remoteAddress in this way"},
      {R"cel(host.contains("x"))cel", "fault at 14: host takes a name, or all names below one"},
      {R"cel(path == "/a" ? true : false)cel", "fault at 13: no matcher does what \"?\" does here"},
      {R"cel(path == )cel", "fault at 8: the expression is not complete"},
      {R"cel((path == "/a")cel", "fault at 13: the expression is not complete"},
      {"path == \"/a\n", "fault at 8: this is no expression that is understood"},
      {"@", "fault at 0: this is no expression that is understood"},
      {R"cel(userAgent.contains(""))cel", "fault at 19: an empty text is in everything"},
      {R"cel(path == "")cel", "fault at 8: no matcher asks for an empty text"},
      {R"cel(path == "/\n")cel", "fault at 8: this is no text that a policy file can hold"},
  };
  for (const auto& [expression, fault] : cases) EXPECT_EQ(Toml(expression), fault) << expression;
}

TEST(ExpressionTest, EmptyUserAgentIsConvertedWithAWord) {
  const auto converted = ConvertExpression(R"cel(userAgent == "")cel");
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
