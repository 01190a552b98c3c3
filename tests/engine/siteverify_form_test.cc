#include "engine/siteverify_form.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/json_reader.h"

namespace stile {
namespace {

// What was read, as "secret|response|idempotency_key"; "refused" otherwise.
std::string Read(std::string_view type, std::string_view body) {
  std::array<char, 8192> scratch;
  SiteverifyForm form;
  if (!DecodeSiteverifyForm(type, body, scratch, form)) return "refused";
  return std::string(form.secret) + "|" + std::string(form.response) + "|" +
         std::string(form.idempotency_key);
}
std::string Json(std::string_view body) { return Read("application/json", body); }
std::string Form(std::string_view body) { return Read("application/x-www-form-urlencoded", body); }
std::string Parts(std::string_view body) {
  return Read("multipart/form-data; boundary=\"x-y\"", body);
}

TEST(SiteverifyForm, EveryEncodingSaysTheSame) {
  EXPECT_EQ(Json(R"({"secret":"s","response":"r","idempotency_key":"i"})"), "s|r|i");
  EXPECT_EQ(Form("secret=s&response=r&idempotency_key=i"), "s|r|i");
  EXPECT_EQ(Read("", "secret=s&response=r"), "s|r|");
  EXPECT_EQ(Parts("--x-y\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\ns\r\n"
                  "--x-y\r\ncontent-disposition: form-data; name=response\r\n"
                  "Content-Type: text/plain\r\n\r\nr\r\n--x-y--\r\n"),
            "s|r|");
}

TEST(SiteverifyForm, ParametersAndCaseOfTheTypeDontMatter) {
  EXPECT_EQ(Read("Application/JSON; charset=utf-8", R"({"secret":"s"})"), "s||");
  EXPECT_EQ(Read("application/x-www-form-urlencoded;charset=UTF-8", "secret=s"), "s||");
}

TEST(SiteverifyForm, AnotherTypeIsRefused) {
  EXPECT_EQ(Read("text/plain", "secret=s"), "refused");
  EXPECT_EQ(Read("multipart/form-data", "secret=s"), "refused");
}

TEST(SiteverifyForm, WhatIsMissingIsEmpty) {
  EXPECT_EQ(Json("{}"), "||");
  EXPECT_EQ(Json(" { } "), "||");
  EXPECT_EQ(Form(""), "||");
  EXPECT_EQ(Json(R"({"secret":null,"response":""})"), "||");
  EXPECT_EQ(Form("secret&response="), "||");
}

TEST(SiteverifyForm, OtherFieldsMayBeAnything) {
  EXPECT_EQ(Json(R"({"remoteip":"127.0.0.1","secret":"s","more":{"a":[1,-2.5e+3,true,null,{}]},)"
                 R"("x":[],"response":"r"})"),
            "s|r|");
  EXPECT_EQ(Form("remoteip=%zz&secret=s&&sitekey&response=r&"), "s|r|");
}

TEST(SiteverifyForm, EscapesAreUndone) {
  EXPECT_EQ(Json(R"({"secret":"a\/b\"\\\b\f\n\r\t\u0041","response":"\u00e9\u20ac\ud83d\ude00"})"),
            "a/b\"\\\b\f\n\r\tA|\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80|");
  EXPECT_EQ(Form("secret=a%2Fb+c&response=%7e"), "a/b c|~|");
}

TEST(SiteverifyForm, AFieldThatComesTwiceIsRefused) {
  EXPECT_EQ(Json(R"({"secret":"s","secret":"s"})"), "refused");
  EXPECT_EQ(Form("response=r&response=r"), "refused");
  EXPECT_EQ(Json(R"({"remoteip":"1","remoteip":"2"})"), "||");
}

TEST(SiteverifyForm, AFieldThatIsNoStringIsRefused) {
  for (const std::string_view value : {"1", "true", "{}", "[\"s\"]"}) {
    EXPECT_EQ(Json("{\"secret\":" + std::string(value) + "}"), "refused") << value;
  }
}

TEST(SiteverifyForm, BrokenJsonIsRefused) {
  for (const std::string_view body : {"",
                                      "[]",
                                      "\"s\"",
                                      "{",
                                      "{\"secret\"",
                                      "{\"secret\":",
                                      "{\"secret\":\"s\"",
                                      "{\"secret\":\"s\",}",
                                      "{\"secret\":\"s\"}x",
                                      "{secret:\"s\"}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "{\"a\":1e}",
                                      "{\"a\":+1}",
                                      "{\"a\":nul}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":{\"b\"}}",
                                      "{\"a\":{1:2}}",
                                      "{\"a\":{[]:1}}",
                                      "{\"secret\":\"\\x\"}",
                                      "{\"secret\":\"\\u12g4\"}",
                                      "{\"secret\":\"\\ud800\"}",
                                      "{\"secret\":\"\\udc00\"}",
                                      "{\"secret\":\"\\ud800\\u0041\"}",
                                      "{\"secret\":\"a\nb\"}",
                                      "{\"a\":[1}",
                                      "{\"a\":{]}"}) {
    EXPECT_EQ(Json(body), "refused") << body;
  }
}

TEST(SiteverifyForm, NestingIsBounded) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Json(nested(JsonReader::kMaxDepth)), "||");
  EXPECT_EQ(Json(nested(JsonReader::kMaxDepth + 1)), "refused");
  EXPECT_EQ(Json(nested(3'000)), "refused");
}

TEST(SiteverifyForm, BrokenFormsAreRefused) {
  EXPECT_EQ(Form("secret=%4"), "refused");
  EXPECT_EQ(Form("secret=%zz"), "refused");
}

TEST(SiteverifyForm, BrokenPartsAreRefused) {
  for (const std::string_view body :
       {"", "--x-y", "x--x-y--", "--x-y\r\n", "--x-y\r\nContent-Disposition: form-data\r\n\r\ns",
        "--x-y\nContent-Disposition: form-data; name=secret\n\ns\n--x-y--"}) {
    EXPECT_EQ(Parts(body), "refused") << body;
  }
  EXPECT_EQ(Parts("--x-y--"), "||");
  // Values may hold what looks like a boundary, and nothing at all.
  EXPECT_EQ(Parts("--x-y\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\nx--x-y\r\n"
                  "--x-y\r\nContent-Disposition: form-data; filename=\"name=response\"\r\n\r\nr\r\n"
                  "--x-y--"),
            "x--x-y||");
  EXPECT_EQ(Parts("--x-y\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n\r\n--x-y--"),
            "||");
}

}  // namespace
}  // namespace stile
