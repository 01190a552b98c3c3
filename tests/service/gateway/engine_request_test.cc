#include "service/engine_request.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

class EngineRequestTest : public testing::Test {
 protected:
  Request Of(const std::string& field_lines) {
    text_ = "POST /a?b HTTP/1.1\r\nHost: Example.org:81\r\n" + field_lines + "\r\n";
    EXPECT_EQ(head_.Read({text_.data(), text_.size()}, HeadLimits{}).status, HeadStatus::kComplete);
    return EngineRequestOf(head_, origin_, 7);
  }

  std::string text_;
  RequestHead head_;
  ClientOrigin origin_{IpAddress::Parse("192.0.2.1"), true, true};
};

TEST_F(EngineRequestTest, HasWhatTheEngineDecidesBy) {
  const Request request =
      Of("USER-agent: ua\r\nAccept: a\r\nAccept-Language: l\r\nOrigin: o\r\n"
         "Access-Control-Request-Method: PUT\r\nSec-Fetch-Mode: navigate\r\n"
         "Content-Type: t\r\nCookie: c=1\r\n");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b");
  EXPECT_EQ(request.host, "Example.org");
  EXPECT_EQ(request.user_agent, "ua");
  EXPECT_EQ(request.accept, "a");
  EXPECT_EQ(request.accept_language, "l");
  EXPECT_EQ(request.origin, "o");
  EXPECT_EQ(request.access_control_request_method, "PUT");
  EXPECT_EQ(request.sec_fetch_mode, "navigate");
  EXPECT_EQ(request.content_type, "t");
  ASSERT_EQ(request.cookie_count, 1U);
  EXPECT_EQ(request.cookies[0], "c=1");
  EXPECT_EQ(request.address, origin_.address);
  EXPECT_TRUE(request.https);
  EXPECT_EQ(request.site, 7);
}

TEST_F(EngineRequestTest, LeavesAFieldEmptyThatCameMoreThanOnce) {
  const Request request =
      Of("User-Agent: a\r\nUser-Agent: b\r\nOrigin: c\r\nOrigin: d\r\nOrigin: e\r\n");
  EXPECT_EQ(request.user_agent, "");
  EXPECT_EQ(request.origin, "");
}

TEST_F(EngineRequestTest, TakesNoAliases) {
  const Request request = Of("User_Agent: a\r\nX-Cookie: b\r\nCookie_: c\r\n");
  EXPECT_EQ(request.user_agent, "");
  EXPECT_EQ(request.cookie_count, 0U);
}

TEST_F(EngineRequestTest, TakesTheFirstEightCookieFieldsInOrder) {
  std::string lines;
  for (int i = 0; i < 10; ++i) lines += "Cookie: c=" + std::to_string(i) + "\r\n";
  const Request request = Of(lines);
  ASSERT_EQ(request.cookie_count, Request::kMaxCookieFields);
  EXPECT_EQ(request.cookies[0], "c=0");
  EXPECT_EQ(request.cookies[7], "c=7");
}

}  // namespace
}  // namespace stile
