#include "service/dialect/check_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/protobuf_reader.h"

namespace stile {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "name=value", with a '+' in front where the field is added to others of its name.
std::string ReadOption(std::string_view message) {
  std::string name;
  std::string value;
  bool append = false;
  std::uint64_t action = 0;
  ProtobufReader option(message);
  while (option.Next()) {
    if (option.IsBytes(1)) {
      ProtobufReader header(option.bytes());
      while (header.Next()) (header.IsBytes(1) ? name : value) = header.bytes();
    }
    if (option.IsBytes(2)) append = option.bytes() == "\x08\x01";
    if (option.number() == 3) action = option.value();
  }
  EXPECT_TRUE(option.ok());
  EXPECT_EQ(action, append ? 0U : 2U);  // OVERWRITE_IF_EXISTS_OR_ADD.
  return (append ? "+" : "") + name + "=" + value;
}

// A CheckResponse, read.
struct Response {
  explicit Response(std::string_view message) {
    ProtobufReader reader(message);
    while (reader.Next()) {
      if (reader.IsBytes(1)) code = reader.bytes().empty() ? 0 : reader.bytes().back();
      if (reader.IsBytes(2)) ReadDenied(reader.bytes());
      if (reader.IsBytes(3)) ReadOk(reader.bytes());
    }
    EXPECT_TRUE(reader.ok());
  }
  void ReadDenied(std::string_view text) {
    denied = true;
    ProtobufReader reader(text);
    while (reader.Next()) {
      if (reader.IsBytes(1)) {
        ProtobufReader of_status(reader.bytes());
        while (of_status.Next()) status = of_status.value();
      }
      if (reader.IsBytes(2)) headers.push_back(ReadOption(reader.bytes()));
      if (reader.IsBytes(3)) body = reader.bytes();
    }
    EXPECT_TRUE(reader.ok());
  }
  void ReadOk(std::string_view text) {
    ok = true;
    ProtobufReader reader(text);
    while (reader.Next()) {
      if (reader.IsBytes(2)) headers.push_back(ReadOption(reader.bytes()));
      if (reader.IsBytes(5)) removed.emplace_back(reader.bytes());
      if (reader.IsBytes(6)) added.push_back(ReadOption(reader.bytes()));
    }
    EXPECT_TRUE(reader.ok());
  }

  int code = -1;
  bool ok = false;
  bool denied = false;
  std::uint64_t status = 0;
  std::string body;
  std::vector<std::string> headers;
  std::vector<std::string> removed;
  std::vector<std::string> added;
};

Response Written(const Answer& answer, std::string_view fields = "",
                 const std::optional<std::string_view>& cookie = std::nullopt) {
  const std::string text = "GET /ext-authz/ HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
  RequestHead head;
  EXPECT_EQ(head.Read({text.data(), text.size()}, HeadLimits{}).status, HeadStatus::kComplete);
  std::string out;
  WriteCheckResponse(answer, head, cookie, out);
  return Response(out);
}

Answer Pass() {
  Answer answer;
  answer.status = 200;
  answer.Add("X-Stile-Verdict", "valid");
  answer.Add("X-Stile-Rule", "open");
  answer.Add("X-Stile-Ctx", "-");
  return answer;
}

TEST(CheckResponse, OfAPassHasTheVerdictForTheOriginAndNothingForTheClient) {
  const Response response = Written(Pass(), "User-Agent: x\r\n");
  EXPECT_EQ(response.code, 0);
  EXPECT_TRUE(response.ok);
  EXPECT_FALSE(response.denied);
  EXPECT_THAT(response.headers, ElementsAre("X-Stile-Verdict=valid"));
  EXPECT_THAT(response.removed, IsEmpty());
  EXPECT_THAT(response.added, IsEmpty());
}

TEST(CheckResponse, OfAPassRemovesWhatTheOriginCouldTakeForStiles) {
  const Response response = Written(
      Pass(),
      "X-Stile-Rule: a\r\nx-stile-verdict: valid\r\nX-Stile-Ctx: b\r\nx_stile_verdict: valid\r\n"
      "X-Stile-Whatever: c\r\nX-Stiles: d\r\nX-Stile: e\r\n");
  EXPECT_THAT(response.removed,
              ElementsAre("X-Stile-Rule", "X-Stile-Ctx", "x_stile_verdict", "X-Stile-Whatever"));
}

TEST(CheckResponse, OfAPassHandsARenewedClearanceToTheClientBesideItsOtherCookies) {
  Answer answer = Pass();
  answer.Add("Set-Cookie", "stile=new; Path=/");
  answer.Add("Cache-Control", "private, no-store");
  EXPECT_THAT(Written(answer).added,
              ElementsAre("+Set-Cookie=stile=new; Path=/", "Cache-Control=private, no-store"));
}

TEST(CheckResponse, OfAPassReplacesTheCookie) {
  EXPECT_THAT(Written(Pass(), "", "a=1").headers,
              ElementsAre("X-Stile-Verdict=valid", "Cookie=a=1"));
  const Response without = Written(Pass(), "", "");
  EXPECT_THAT(without.headers, ElementsAre("X-Stile-Verdict=valid"));
  EXPECT_THAT(without.removed, ElementsAre("cookie"));
}

TEST(CheckResponse, OfARefusalIsTheAnswerWithoutFieldsOfStile) {
  Answer answer;
  answer.status = 403;
  answer.body = "<main>";
  answer.Add("Content-Type", "text/html");
  answer.Add("Set-Cookie", "a=1");
  answer.Add("Set-Cookie", "b=2");
  answer.Add("X-Stile-Verdict", "-");
  const Response response = Written(answer, "X-Stile-Verdict: valid\r\n");
  EXPECT_EQ(response.code, 7);
  EXPECT_TRUE(response.denied);
  EXPECT_FALSE(response.ok);
  EXPECT_EQ(response.status, 403U);
  EXPECT_EQ(response.body, "<main>");
  EXPECT_THAT(response.headers,
              ElementsAre("Content-Type=text/html", "+Set-Cookie=a=1", "+Set-Cookie=b=2"));
}

TEST(CheckResponse, OfNoAnswerIsNoPass) {
  const Response response = Written(Answer());
  EXPECT_EQ(response.code, 7);
  EXPECT_FALSE(response.ok);
  EXPECT_EQ(response.status, 403U);
}

}  // namespace
}  // namespace stile
