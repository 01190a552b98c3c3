// Byte streams that make two readers disagree on where a request ends. Read as a gateway reads
// them: how many requests come out before one is refused.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "service/chunked_body.h"
#include "service/request_head.h"

namespace stile {
namespace {

using namespace std::string_literals;  // NOLINT: for texts with NUL.

// The requests of a stream as "METHOD target content", up to the first refusal, which is "!".
std::vector<std::string> RequestsOf(std::string_view stream) {
  std::vector<std::string> requests;
  RequestHead head;
  while (!stream.empty()) {
    const HeadResult result = head.Read({stream.data(), stream.size()}, HeadLimits{});
    if (result.status == HeadStatus::kNeedMore) {
      requests.emplace_back("...");
      return requests;
    }
    if (result.status != HeadStatus::kComplete) {
      requests.emplace_back("!");
      return requests;
    }
    std::string request = std::string(head.method()) + " " + std::string(head.target()) + " ";
    const Framing framing = head.framing();
    const std::size_t length = head.content_length();
    stream.remove_prefix(result.size);
    if (framing == Framing::kLength) {
      request += stream.substr(0, length);
      stream.remove_prefix(std::min(length, stream.size()));
    }
    ChunkedBody body(ChunkedBody::Limits{});
    while (framing == Framing::kChunked && !body.done()) {
      const ChunkedBody::Step step = body.Feed({stream.data(), stream.size()});
      request += std::string_view(step.payload.data(), step.payload.size());
      stream.remove_prefix(step.consumed);
      if (step.status == ChunkedStatus::kRefused) {
        requests.emplace_back("!");
        return requests;
      }
      if (step.status == ChunkedStatus::kNeedMore) {
        requests.emplace_back("...");
        return requests;
      }
    }
    requests.push_back(request);
  }
  return requests;
}

struct Stream {
  std::string name;
  std::string text;
  std::vector<std::string> requests;
};
void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.name; }
std::string NameOf(const testing::TestParamInfo<Stream>& tested) { return tested.param.name; }

std::string Post(const std::string& fields, const std::string& rest) {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + rest;
}
const char kHidden[] = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";

std::vector<Stream> Streams() {
  const std::string hidden = kHidden;
  const std::string refused = "!";
  return {
      {"LengthThenTransfer",
       Post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG" + hidden),
       {refused}},
      {"TransferThenLength",
       Post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "1\r\nA\r\n0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenBySpace",
       Post("Content-Length: 5\r\nTransfer-Encoding : chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenByTabInValue",
       Post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n" + hidden),
       {"POST /a ", "GET /hidden "}},
      {"TransferHiddenByVerticalTab",
       Post("Content-Length: 5\r\nTransfer-Encoding: \x0B"
            "chunked\r\n",
            "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenByFold",
       Post("Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenByBareLf",
       Post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenByBareCr",
       Post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferHiddenByUnderscore",
       Post("Content-Length: 5\r\nTransfer_Encoding: chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"LengthHiddenByUnderscore", Post("Content_Length: 34\r\n", hidden), {refused}},
      {"LengthHiddenByNul", Post("Content-Length\0: 34\r\n"s, hidden), {refused}},
      {"TransferTwiceIdentityLast",
       Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferIdentity",
       Post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "AAAAA" + hidden),
       {refused}},
      {"TransferXchunked",
       Post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"TransferChunkedChunked",
       Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n" + hidden),
       {refused}},
      {"LengthTwice", Post("Content-Length: 0\r\nContent-Length: 34\r\n", hidden), {refused}},
      {"LengthWithPlus", Post("Content-Length: +34\r\n", hidden), {refused}},
      {"LengthOverflows", Post("Content-Length: 18446744073709551616\r\n", hidden), {refused}},
      {"ChunkSizeOverflows",
       Post("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + hidden),
       {refused}},
      {"ChunkSizeInHexNotation",
       Post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"),
       {refused}},
      {"ChunkSizeWithSpace",
       Post("Transfer-Encoding: chunked\r\n", "5 \r\nhello\r\n0\r\n\r\n"),
       {refused}},
      {"ChunkExtensionWithLf",
       Post("Transfer-Encoding: chunked\r\n", "5;\nhello\r\n0\r\n\r\n"),
       {refused}},
      {"ChunkEndsWithLf",
       Post("Transfer-Encoding: chunked\r\n", "5\r\nhello\n0\r\n\r\n"),
       {refused}},
      {"ChunkLongerThanItsSize",
       Post("Transfer-Encoding: chunked\r\n", "5\r\nhelloX\r\n0\r\n\r\n"),
       {refused}},
      {"LastChunkWithoutEmptyLine",
       Post("Transfer-Encoding: chunked\r\n", "0\r\n" + hidden),
       {refused}},
      {"TrailersAddNoField",
       Post("Transfer-Encoding: chunked\r\n",
            "1\r\nA\r\n0\r\nCookie: c\r\nContent-Length: 9\r\n\r\n" + hidden),
       {"POST /a A", "GET /hidden "}},
      {"GetWithContent",
       "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n" + hidden,
       {"GET /a " + hidden}},
      {"EmptyLineBetweenRequests",
       Post("Content-Length: 1\r\n", "A\r\n" + hidden),
       {"POST /a A", refused}},
      {"Pipelined", hidden + hidden, {"GET /hidden ", "GET /hidden "}},
  };
}

class SmugglingTest : public testing::TestWithParam<Stream> {};

TEST_P(SmugglingTest, IsReadInOneWay) {
  EXPECT_EQ(RequestsOf(GetParam().text), GetParam().requests);
}

INSTANTIATE_TEST_SUITE_P(Streams, SmugglingTest, testing::ValuesIn(Streams()), NameOf);

}  // namespace
}  // namespace stile
