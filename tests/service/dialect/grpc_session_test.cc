#include "service/grpc_session.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/service/dialect/grpc_client.h"

namespace stile {
namespace {

using namespace std::string_literals;

const std::string kEcho = "/test.Echo/Say";
constexpr std::size_t kMost = GrpcSession::kMaxMessage;

// Says what it is told, and notes what that was.
class Echo final : public GrpcMethods {
 public:
  GrpcStatus Call(const GrpcCall& call, std::string& out) override {
    ++calls;
    if (call.too_large) {
      out += "too large";
      return GrpcStatus::kOk;
    }
    if (call.method != kEcho) return GrpcStatus::kUnimplemented;
    out += call.message;
    return GrpcStatus::kOk;
  }
  bool RefusesUnread(std::string_view method) noexcept override { return method == "/refused"; }

  int calls = 0;
};

class GrpcSessionTest : public ::testing::Test {
 protected:
  // The status that ended a call, as the trailers say it.
  std::string StatusOf(std::int32_t id) {
    const auto& headers = client.outcome(id).headers;
    const auto found = headers.find("grpc-status");
    return found == headers.end() ? "" : found->second;
  }

  Echo echo;
  GrpcSession server{echo};
  GrpcClient client{server};
};

TEST_F(GrpcSessionTest, AnswersACall) {
  const std::int32_t id = client.Begin(kEcho, Framed("hello"));
  ASSERT_TRUE(client.Exchange());
  const auto& outcome = client.outcome(id);
  EXPECT_EQ(outcome.headers.at(":status"), "200");
  EXPECT_EQ(outcome.headers.at("content-type"), "application/grpc");
  EXPECT_EQ(outcome.data, Framed("hello"));
  EXPECT_EQ(StatusOf(id), "0");
  EXPECT_TRUE(outcome.closed);
  EXPECT_EQ(outcome.error, 0U);
  EXPECT_EQ(server.calls(), 0U);
  EXPECT_EQ(server.incomplete(), 0U);
  EXPECT_EQ(server.answered(), 1U);
}

TEST_F(GrpcSessionTest, AnswersManyAtATimeAndTheLargestThereMayBe) {
  const std::string large(kMost, 'x');
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(client.Begin(kEcho, Framed(std::to_string(i))));
  ids.push_back(client.Begin(kEcho, Framed(large)));
  ASSERT_TRUE(client.Exchange());
  for (std::size_t i = 0; i < 250; ++i) {
    EXPECT_EQ(client.outcome(ids[i]).data, Framed(std::to_string(i)));
  }
  EXPECT_EQ(client.outcome(ids.back()).data, Framed(large));
}

TEST_F(GrpcSessionTest, AnswersAMessageThatIsTooLargeUnread) {
  const std::int32_t id = client.Begin(kEcho, Framed(std::string(kMost + 1, 'x')));
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.outcome(id).data, Framed("too large"));
  EXPECT_EQ(StatusOf(id), "0");
  EXPECT_TRUE(client.outcome(id).closed);
  // The connection goes on.
  const std::int32_t next = client.Begin(kEcho, Framed("next"));
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.outcome(next).data, Framed("next"));
  EXPECT_EQ(server.calls(), 0U);
}

TEST_F(GrpcSessionTest, BelievesTheSizeThatIsToldWithoutWaitingForIt) {
  const std::int32_t id = client.Begin(kEcho, "\x00\x7f\xff\xff\xff"s + "abc", false);
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.outcome(id).data, Framed("too large"));
  EXPECT_TRUE(client.outcome(id).closed);
}

TEST_F(GrpcSessionTest, ReadsNothingOfWhatIsRefusedUnread) {
  const std::int32_t id = client.Begin("/refused", Framed("hello"), false);
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.outcome(id).data, Framed("too large"));
  EXPECT_EQ(server.incomplete(), 0U);
}

TEST_F(GrpcSessionTest, WaitsForTheWholeMessage) {
  const std::int32_t id = client.Begin(kEcho, Framed("hello"), false);
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(echo.calls, 0);
  EXPECT_EQ(server.incomplete(), 1U);
  EXPECT_FALSE(client.outcome(id).closed);
}

TEST_F(GrpcSessionTest, SaysThatItDoesNotKnowAMethod) {
  const std::int32_t id = client.Begin("/test.Echo/Sing", Framed("la"));
  const std::int32_t longest = client.Begin("/" + std::string(300, 'x'), Framed("la"));
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(StatusOf(id), "12");
  EXPECT_EQ(client.outcome(id).data, "");
  EXPECT_EQ(StatusOf(longest), "12");
  EXPECT_EQ(echo.calls, 1);
}

TEST_F(GrpcSessionTest, RefusesMessagesThatAreNotFramedAsOne) {
  for (const std::string& data : {""s, "\0\0\0"s, Framed("hello") + "x",
                                  Framed("hello") + Framed("b"), Framed("hello").substr(0, 8)}) {
    const std::int32_t id = client.Begin(kEcho, data);
    ASSERT_TRUE(client.Exchange());
    EXPECT_EQ(StatusOf(id), "13");
  }
  EXPECT_EQ(echo.calls, 0);
}

TEST_F(GrpcSessionTest, RefusesCompression) {
  const std::int32_t id = client.Begin(kEcho, Framed("hello", 1));
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(StatusOf(id), "12");
}

TEST_F(GrpcSessionTest, RefusesWhatIsNoGrpc) {
  for (const char* type : {"text/html", "application/grpcweb", ""}) {
    const std::int32_t id = client.Begin(kEcho, Framed("hello"), true, {}, type);
    ASSERT_TRUE(client.Exchange());
    EXPECT_EQ(client.outcome(id).headers.at(":status"), "415");
  }
  const std::int32_t id = client.Begin(kEcho, Framed("hello"), true, {}, "application/grpc", "PUT");
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.outcome(id).headers.at(":status"), "405");
  EXPECT_EQ(echo.calls, 0);
}

TEST_F(GrpcSessionTest, TakesTheTypesOfGrpcWithProtobuf) {
  for (const char* type : {"application/grpc+proto", "application/grpc;x=y"}) {
    const std::int32_t id = client.Begin(kEcho, Framed("hello"), true, {}, type);
    ASSERT_TRUE(client.Exchange());
    EXPECT_EQ(StatusOf(id), "0");
  }
}

TEST_F(GrpcSessionTest, EndsACallWithTooManyHeaderBytesAndNoOther) {
  const std::int32_t id =
      client.Begin(kEcho, Framed("hello"), true, {{"x", std::string(17'000, 'x')}});
  const std::int32_t other = client.Begin(kEcho, Framed("other"));
  ASSERT_TRUE(client.Exchange());
  EXPECT_TRUE(client.outcome(id).closed);
  EXPECT_NE(client.outcome(id).error, 0U);
  EXPECT_EQ(client.outcome(other).data, Framed("other"));
  EXPECT_EQ(echo.calls, 1);
}

TEST_F(GrpcSessionTest, ForgetsACallThatIsTakenBack) {
  const std::int32_t id = client.Begin(kEcho, Framed("hello"), false);
  ASSERT_TRUE(client.Exchange());
  nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(server.calls(), 0U);
  EXPECT_EQ(server.incomplete(), 0U);
}

TEST_F(GrpcSessionTest, EndsAConnectionThatFloodsItWithResets) {
  for (int i = 0; i < 5'000 && client.goaways().empty(); ++i) {
    const std::int32_t id = client.Begin(kEcho, Framed("hello"), false);
    if (!client.Exchange()) break;
    nghttp2_submit_rst_stream(client.session(), 0, id, NGHTTP2_CANCEL);
    if (!client.Exchange()) break;
  }
  EXPECT_FALSE(client.goaways().empty());
}

TEST_F(GrpcSessionTest, EndsAConnectionThatFloodsItWithPingsItDoesNotTakeTheAnswersOf) {
  ASSERT_TRUE(client.Exchange());
  const std::string ping(
      "\x00\x00\x08\x06\x00\x00\x00\x00\x00"
      "12345678",
      17);
  int taken = 0;
  while (taken < 5'000 && server.Receive(ping)) ++taken;
  EXPECT_LT(taken, 5'000);
}

TEST_F(GrpcSessionTest, EndsAConnectionThatSpeaksSomethingElse) {
  Echo other;
  GrpcSession session(other);
  EXPECT_FALSE(session.Receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(session.Receive(GrpcSession::kPreface));
}

TEST_F(GrpcSessionTest, AnnouncesItsEndAndAnswersWhatCrossesIt) {
  ASSERT_TRUE(client.Exchange());
  server.Announce();
  const std::int32_t id = client.Begin(kEcho, Framed("hello"));
  ASSERT_TRUE(client.Exchange());
  ASSERT_EQ(client.goaways().size(), 1U);
  EXPECT_EQ(client.goaways()[0].first, 0x7FFFFFFF);
  EXPECT_EQ(client.goaways()[0].second, 0U);
  EXPECT_EQ(client.outcome(id).data, Framed("hello"));
  EXPECT_FALSE(server.done());
}

TEST_F(GrpcSessionTest, IsDoneOnceWhatIsUnderWayIsAnswered) {
  client.Begin(kEcho, Framed("hello"));
  const std::int32_t waiting = client.Begin(kEcho, Framed("hello"), false);
  ASSERT_TRUE(client.Exchange());
  server.Announce();
  server.Finish();
  ASSERT_TRUE(client.Exchange());
  EXPECT_EQ(client.goaways().back().first, waiting);
  EXPECT_FALSE(server.done());
  nghttp2_submit_rst_stream(client.session(), 0, waiting, NGHTTP2_CANCEL);
  ASSERT_TRUE(client.Exchange());
  EXPECT_TRUE(server.done());
}

}  // namespace
}  // namespace stile
