#include "service/response_body.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace stile {
namespace {

struct Outcome {
  ResponseBody::Status status = ResponseBody::Status::kNone;
  std::string payload;
  std::size_t consumed = 0;
};

Outcome FeedAll(ResponseBody body, const std::vector<std::string>& pieces) {
  Outcome outcome;
  for (const std::string& piece : pieces) {
    std::string_view rest = piece;
    do {
      const ResponseBody::Step step = body.Feed({rest.data(), rest.size()});
      outcome.status = step.status;
      outcome.payload.append(step.payload.data(), step.payload.size());
      outcome.consumed += step.consumed;
      rest.remove_prefix(step.consumed);
    } while (outcome.status == ResponseBody::Status::kPayload);
    if (outcome.status != ResponseBody::Status::kNeedMore) break;
  }
  return outcome;
}

ResponseBody Chunked() { return ResponseBody(ResponseFraming::kChunked, 0); }

TEST(ResponseBodyTest, WithoutContentIsDone) {
  EXPECT_TRUE(ResponseBody().done());
  EXPECT_EQ(FeedAll(ResponseBody(), {"next"}).consumed, 0U);
}

TEST(ResponseBodyTest, TakesItsLengthAndNoMore) {
  const Outcome outcome = FeedAll(ResponseBody(ResponseFraming::kLength, 5), {"he", "llo", "next"});
  EXPECT_EQ(outcome.status, ResponseBody::Status::kDone);
  EXPECT_EQ(outcome.payload, "hello");
  EXPECT_EQ(outcome.consumed, 5U);
}

TEST(ResponseBodyTest, IsNeverDoneUntilClose) {
  ResponseBody body(ResponseFraming::kClose, 0);
  EXPECT_EQ(FeedAll(body, {"a", "b"}).payload, "ab");
  EXPECT_FALSE(body.done());
  EXPECT_TRUE(body.ends_by_close());
}

TEST(ResponseBodyTest, EverySplitOfChunksGivesTheSameContent) {
  const std::string text =
      "5\r\nhello\r\n0A ;a=\"b\"\r\n, my world\r\n1  \r\n!\r\n000\r\nX: y\r\nZ: z\r\n\r\n";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    const Outcome outcome =
        FeedAll(Chunked(), {text.substr(0, first), text.substr(first) + "next"});
    EXPECT_EQ(outcome.status, ResponseBody::Status::kDone) << first;
    EXPECT_EQ(outcome.payload, "hello, my world!") << first;
    EXPECT_EQ(outcome.consumed, text.size()) << first;
  }
}

TEST(ResponseBodyTest, ReadsChunksThatEndWithLineFeedsAlone) {
  const Outcome outcome = FeedAll(Chunked(), {"5\nhello\n0\n\n"});
  EXPECT_EQ(outcome.status, ResponseBody::Status::kDone);
  EXPECT_EQ(outcome.payload, "hello");
}

TEST(ResponseBodyTest, RefusesWhatAreNoChunks) {
  for (const char* text : {"x\r\n", "\r\n", ";a\r\n", "-1\r\n", "0x1\r\n", "5\r\nhelloX",
                           "1234567890123456\r\n", "5\rhello", "0\r\n\rX"}) {
    EXPECT_EQ(FeedAll(Chunked(), {text}).status, ResponseBody::Status::kRefused) << text;
  }
}

TEST(ResponseBodyTest, RefusesEndlessExtensionsAndTrailers) {
  const std::string endless(64 * 1024, 'a');
  EXPECT_EQ(FeedAll(Chunked(), {"1;" + endless}).status, ResponseBody::Status::kRefused);
  EXPECT_EQ(FeedAll(Chunked(), {"0\r\n" + endless}).status, ResponseBody::Status::kRefused);
}

}  // namespace
}  // namespace stile
