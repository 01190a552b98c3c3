#include "engine/media_range.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

TEST(AcceptsHtml, WhereHtmlIsNamed) {
  EXPECT_TRUE(AcceptsHtml("text/html"));
  EXPECT_TRUE(AcceptsHtml("application/json, Text/HTML;q=0.9"));
  EXPECT_TRUE(AcceptsHtml("text/html;level=1;q=0.001,*/*"));
}

TEST(AcceptsHtml, NotWhereOnlyAWildcardCoversIt) {
  EXPECT_FALSE(AcceptsHtml("*/*"));
  EXPECT_FALSE(AcceptsHtml("text/*"));
  EXPECT_FALSE(AcceptsHtml(""));
}

TEST(AcceptsHtml, NotWhereItsWeightIsZero) {
  EXPECT_FALSE(AcceptsHtml("text/html;q=0"));
  EXPECT_FALSE(AcceptsHtml("text/html; Q=0.000, application/json"));
}

TEST(AcceptsHtml, NotInAnotherName) { EXPECT_FALSE(AcceptsHtml("text/html5, xtext/html")); }

TEST(AcceptsHtml, ReadsNoMoreThanItSays) {
  EXPECT_FALSE(AcceptsHtml(std::string(1023, ' ') + ",text/html"));
}

Request Of(std::string_view method, std::string_view accept, std::string_view mode = {}) {
  Request request;
  request.method = method;
  request.accept = accept;
  request.sec_fetch_mode = mode;
  return request;
}

TEST(Navigation, IsAReadThatAcceptsHtml) {
  EXPECT_TRUE(IsNavigation(Of("GET", "text/html")));
  EXPECT_TRUE(IsNavigation(Of("HEAD", "text/html")));
  EXPECT_FALSE(IsNavigation(Of("POST", "text/html")));
  EXPECT_FALSE(IsNavigation(Of("GET", "application/json")));
}

TEST(Navigation, IsASubmittedFormThatAcceptsHtml) {
  for (const std::string_view type :
       {"application/x-www-form-urlencoded", "Multipart/Form-Data; boundary=x", "text/plain"}) {
    Request form = Of("POST", "text/html");
    form.content_type = type;
    EXPECT_TRUE(IsNavigation(form)) << type;
    form.accept = "*/*";
    EXPECT_FALSE(IsNavigation(form)) << type;
    form.method = "PUT";
    form.accept = "text/html";
    EXPECT_FALSE(IsNavigation(form)) << type;
  }
  Request json = Of("POST", "text/html");
  json.content_type = "application/json";
  EXPECT_FALSE(IsNavigation(json));
}

TEST(Navigation, IsWhatTheBrowserSaysItIs) {
  EXPECT_TRUE(IsNavigation(Of("GET", "*/*", "navigate")));
  EXPECT_TRUE(IsNavigation(Of("POST", "*/*", "navigate")));
  EXPECT_FALSE(IsNavigation(Of("GET", "text/html", "cors")));
}

TEST(MediaType, IsWithoutParametersAndSpace) {
  EXPECT_EQ(MediaTypeOf(" application/json ; charset=utf-8"), "application/json");
  EXPECT_EQ(MediaTypeOf(""), "");
}

}  // namespace
}  // namespace stile
