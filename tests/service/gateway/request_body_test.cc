#include "service/request_body.h"

#include <gtest/gtest.h>

#include <string>

namespace stile {
namespace {

RequestBody BodyOf(const std::string& field_lines, RequestBody::Output output,
                   std::uint64_t max_body = 1000) {
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\n" + field_lines + "\r\n";
  RequestHead head;
  EXPECT_EQ(head.Read({text.data(), text.size()}, HeadLimits{}).status, HeadStatus::kComplete);
  return RequestBody(head, max_body, output);
}

constexpr char kLength5[] = "Content-Length: 5\r\n";
constexpr char kChunked[] = "Transfer-Encoding: chunked\r\n";

TEST(RequestBodyTest, WithoutContentIsDoneAndTakesNothing) {
  RequestBody body = BodyOf("", RequestBody::Output::kFramed);
  ByteBuffer in, out;
  in.Append("GET /");
  EXPECT_TRUE(body.done());
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kDone);
  EXPECT_EQ(in.view(), "GET /");
  EXPECT_TRUE(out.empty());
}

TEST(RequestBodyTest, TakesItsLengthAndLeavesTheRest) {
  RequestBody body = BodyOf(kLength5, RequestBody::Output::kFramed);
  ByteBuffer in, out;
  in.Append("he");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kNeedMore);
  in.Append("lloGET /");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kDone);
  EXPECT_TRUE(body.done());
  EXPECT_EQ(out.view(), "hello");
  EXPECT_EQ(in.view(), "GET /");
}

TEST(RequestBodyTest, MakesChunksAnewAndDropsTrailers) {
  RequestBody body = BodyOf(kChunked, RequestBody::Output::kFramed);
  ByteBuffer in, out;
  in.Append("0005\r\nhello\r\n0\r\nHost: b\r\n\r\nGET /");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kDone);
  EXPECT_EQ(out.view(), "5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(in.view(), "GET /");
}

TEST(RequestBodyTest, GivesPlainContentOfChunks) {
  RequestBody body = BodyOf(kChunked, RequestBody::Output::kPlain);
  ByteBuffer in, out;
  in.Append("2\r\nhe\r\n3\r\nl");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kNeedMore);
  in.Append("lo\r\n0\r\n\r\n");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kDone);
  EXPECT_EQ(out.view(), "hello");
}

TEST(RequestBodyTest, RefusesChunksThatAreNone) {
  RequestBody body = BodyOf(kChunked, RequestBody::Output::kFramed);
  ByteBuffer in, out;
  in.Append("x\r\n");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kRefused);
  EXPECT_EQ(body.reason(), ChunkedReason::kSizeSyntax);
  EXPECT_TRUE(out.empty());
}

TEST(RequestBodyTest, RefusesMoreChunksThanTheLimit) {
  RequestBody body = BodyOf(kChunked, RequestBody::Output::kPlain, 4);
  ByteBuffer in, out;
  in.Append("5\r\nhello\r\n");
  EXPECT_EQ(body.Move(in, out), RequestBody::Status::kRefused);
  EXPECT_EQ(body.reason(), ChunkedReason::kBodyTooLarge);
}

}  // namespace
}  // namespace stile
