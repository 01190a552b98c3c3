#include "service/dialect/check_request.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/protobuf_writer.h"

namespace stile {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What Envoy says of one request.
struct Said {
  std::string method = "GET";
  std::string path = "/a?b=c";
  std::string host = "shop.example:8443";
  std::string scheme = "https";
  std::string source = "192.0.2.7";
  Fields fields = {{":path", "/a?b=c"}, {"user-agent", "agent"}, {"cookie", "a=1"}};
  bool raw = false;  // As encode_raw_headers has it.
};

void WriteField(const std::pair<std::string, std::string>& field, bool raw, ProtobufWriter& out) {
  const auto mark = out.Begin(raw ? 1 : 3);
  out.Bytes(1, field.first);
  out.Bytes(raw ? 3 : 2, field.second);
  out.End(mark);
}

std::string MessageOf(const Said& said) {
  std::string message;
  ProtobufWriter out(message);
  const auto attributes = out.Begin(1);
  const auto source = out.Begin(1);
  const auto address = out.Begin(1);
  const auto socket = out.Begin(1);
  out.Bytes(2, said.source);
  out.Number(3, 40'000);
  out.End(socket);
  out.End(address);
  out.End(source);
  const auto request = out.Begin(4);
  const auto time = out.Begin(1);
  out.Number(1, 1'800'000'000);
  out.End(time);
  const auto http = out.Begin(2);
  out.Bytes(1, "1234");
  out.Bytes(2, said.method);
  if (!said.raw) {
    for (const auto& field : said.fields) WriteField(field, false, out);
  }
  out.Bytes(4, said.path);
  out.Bytes(5, said.host);
  out.Bytes(6, said.scheme);
  out.Bytes(10, "HTTP/2");
  if (said.raw) {
    const auto map = out.Begin(13);
    for (const auto& field : said.fields) WriteField(field, true, out);
    out.End(map);
  }
  out.End(http);
  out.End(request);
  out.End(attributes);
  return message;
}

// The head that asks what `said` asks, or the reason there is none.
struct Head {
  explicit Head(const Said& said) {
    const std::string message = MessageOf(said);
    CheckRequest request;
    EXPECT_TRUE(ReadCheckRequest(message, request));
    ByteBuffer out;
    reason = WriteQuestionHead(request, out);
    text = out.view();
  }
  HeadReason reason;
  std::string text;
};

void ExpectRefused(const Said& said, HeadReason reason) {
  const Head head(said);
  EXPECT_EQ(HeadReasonName(head.reason), HeadReasonName(reason));
  EXPECT_EQ(head.text, "");
}

TEST(CheckRequest, IsReadFromWhatEnvoyWrites) {
  const std::string message = MessageOf({});
  CheckRequest request;
  ASSERT_TRUE(ReadCheckRequest(message, request));
  EXPECT_EQ(request.source_address, "192.0.2.7");
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a?b=c");
  EXPECT_EQ(request.host, "shop.example:8443");
  EXPECT_EQ(request.scheme, "https");
  ASSERT_EQ(request.header_count, 2U);
  EXPECT_EQ(request.headers[0].name, "user-agent");
  EXPECT_EQ(request.headers[1].value, "a=1");
}

TEST(CheckRequest, IsTheSameWithRawHeaders) {
  Said said;
  said.raw = true;
  EXPECT_EQ(Head(said).text, Head(Said{}).text);
}

TEST(CheckRequest, IsNewWithEachMessage) {
  CheckRequest request;
  ASSERT_TRUE(ReadCheckRequest(MessageOf({}), request));
  ASSERT_TRUE(ReadCheckRequest("", request));
  EXPECT_TRUE(request.method.empty());
  EXPECT_EQ(request.header_count, 0U);
}

TEST(CheckRequest, ThatIsCutAnywhereIsMalformedOrLacksSomething) {
  const std::string message = MessageOf({});
  CheckRequest request;
  for (std::size_t size = 1; size < message.size(); ++size) {
    EXPECT_FALSE(ReadCheckRequest(std::string_view(message).substr(0, size), request)) << size;
  }
}

TEST(CheckRequest, BecomesTheHeadOfTheQuestionByHttp) {
  Said said;
  said.method = "POST";
  EXPECT_EQ(Head(said).text,
            "POST /ext-authz/a?b=c HTTP/1.1\r\nHost: shop.example:8443\r\n"
            "user-agent: agent\r\ncookie: a=1\r\n\r\n");
}

TEST(CheckRequest, LeavesOutWhatSaysWhereContentEnds) {
  Said said;
  said.fields = {{"content-length", "5"},    {"Transfer-Encoding", "chunked"},
                 {"te", "trailers"},         {"connection", "close"},
                 {"expect", "100-continue"}, {"host", "other.example"},
                 {"upgrade", "websocket"}};
  EXPECT_EQ(Head(said).text, "GET /ext-authz/a?b=c HTTP/1.1\r\nHost: shop.example:8443\r\n\r\n");
}

TEST(CheckRequest, WithALineBreakInItIsRefused) {
  for (const char* text : {"a\r\nx: y", "a\nb", "a\rb"}) {
    Said said;
    said.method = text;
    ExpectRefused(said, HeadReason::kMethodSyntax);
    said = {};
    said.path = std::string("/") + text;
    ExpectRefused(said, HeadReason::kTargetByte);
    said = {};
    said.host = text;
    ExpectRefused(said, HeadReason::kHostSyntax);
    said = {};
    said.fields = {{text, "v"}};
    ExpectRefused(said, HeadReason::kFieldName);
    said.fields = {{"n", text}};
    ExpectRefused(said, HeadReason::kFieldValue);
  }
}

TEST(CheckRequest, WithASpaceThatWouldEndAWordIsRefused) {
  Said said;
  said.method = "GET /ext-authz/open";
  ExpectRefused(said, HeadReason::kMethodSyntax);
  said = {};
  said.path = "/open HTTP/1.1";
  ExpectRefused(said, HeadReason::kTargetByte);
  said = {};
  said.fields = {{"x-forwarded-for: 192.0.2.1", "v"}};
  ExpectRefused(said, HeadReason::kFieldName);
}

TEST(CheckRequest, WithMoreHeadersThanAreReadIsRefused) {
  Said said;
  said.fields.assign(CheckRequest::kMaxHeaders, {"a", "b"});
  EXPECT_EQ(Head(said).reason, HeadReason::kNone);
  said.fields.emplace_back("a", "b");
  ExpectRefused(said, HeadReason::kTooManyFields);
}

}  // namespace
}  // namespace stile
