// Request heads and bodies against Boost.Beast's parser: what ours accepts, Beast accepts too, with
// the same method, target, framing, fields and content. Beast accepts far more, and that is no
// difference.
//
// Allowed to differ, and why:
//  - Trailers: Beast adds them to the fields, so fields are compared before the content is read;
//  and
//    it refuses those that would change the framing, which ours discards as all others.
//  - Beast keeps fields of one name together, so that the order of different names is not compared.
//  - "Connection: close" and keep-alive: Beast also believes Proxy-Connection. Not compared.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "service/chunked_body.h"
#include "service/request_head.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

namespace http = boost::beast::http;

using Parser = http::request_parser<http::string_body>;

std::string_view ViewOf(boost::beast::string_view text) { return {text.data(), text.size()}; }

// What ours makes of the content; false unless it is whole.
bool ReadContent(const RequestHead& head, std::string_view rest, std::string& content,
                 std::size_t& size) {
  if (head.framing() == Framing::kLength) {
    if (rest.size() < head.content_length()) return false;
    size = static_cast<std::size_t>(head.content_length());
    content = rest.substr(0, size);
    return true;
  }
  if (head.framing() == Framing::kNone) return true;
  ChunkedBody body(ChunkedBody::Limits{});
  while (true) {
    const ChunkedBody::Step step = body.Feed({rest.data() + size, rest.size() - size});
    content.append(step.payload.begin(), step.payload.end());
    size += step.consumed;
    if (step.status == ChunkedStatus::kPayload) continue;
    return step.status == ChunkedStatus::kDone;
  }
}

// True if the line before the empty one that ends `chunks` is no last chunk.
bool HasTrailers(std::string_view chunks) {
  chunks.remove_suffix(4);
  const std::string_view line = chunks.substr(chunks.rfind('\n') + 1);
  return line.find_first_not_of('0') != std::string_view::npos;
}

// Fields of one name keep their order.
void GroupByName(std::vector<HeadField>& fields) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  std::stable_sort(fields.begin(), fields.end(), [&](const HeadField& a, const HeadField& b) {
    return std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(),
                                        [&](char x, char y) { return lower(x) < lower(y); });
  });
}

void RequireSameHead(const RequestHead& head, const Parser& parser) {
  const auto& read = parser.get();
  STILE_REQUIRE(ViewOf(read.method_string()) == head.method());
  STILE_REQUIRE(ViewOf(read.target()) == head.raw_target());
  STILE_REQUIRE(read.version() == (head.is_http_1_1() ? 11U : 10U));
  STILE_REQUIRE(parser.chunked() == (head.framing() == Framing::kChunked));
  STILE_REQUIRE(parser.content_length().has_value() == (head.framing() == Framing::kLength));
  if (parser.content_length()) STILE_REQUIRE(*parser.content_length() == head.content_length());
  std::vector<HeadField> ours, theirs;
  for (std::size_t i = 0; i < head.field_count(); ++i) ours.push_back(head.field(i));
  for (const auto& field : read) {
    theirs.push_back({ViewOf(field.name_string()), ViewOf(field.value())});
  }
  GroupByName(ours);
  GroupByName(theirs);
  STILE_REQUIRE(std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                           [](const HeadField& a, const HeadField& b) {
                             return a.name == b.name && a.value == b.value;
                           }));
}

// Reads the first request of `text` with both; returns its size, or 0 if ours doesn't accept it.
std::size_t Compare(std::string_view text) {
  RequestHead head;
  const HeadResult result = head.Read({text.data(), text.size()}, HeadLimits{});
  if (result.status != HeadStatus::kComplete) return 0;

  Parser parser;
  parser.header_limit(64 * 1024);
  parser.body_limit(std::uint64_t{1} << 41);
  boost::system::error_code error;
  const std::size_t head_size = parser.put(boost::asio::buffer(text.data(), result.size), error);
  STILE_REQUIRE(!error || error == http::error::need_more);
  STILE_REQUIRE(parser.is_header_done());
  STILE_REQUIRE(head_size == result.size);
  RequireSameHead(head, parser);
  Reach("head that Beast reads too");

  std::string content;
  std::size_t size = 0;
  const std::string_view rest = text.substr(result.size);
  if (!ReadContent(head, rest, content, size)) return 0;
  const bool trailers = head.framing() == Framing::kChunked && HasTrailers(rest.substr(0, size));
  parser.eager(true);
  std::size_t taken = 0;
  while (!parser.is_done()) {
    const std::size_t more =
        parser.put(boost::asio::buffer(rest.data() + taken, size - taken), error);
    if (error && trailers) return result.size + size;
    STILE_REQUIRE(!error && more > 0);
    taken += more;
  }
  STILE_REQUIRE(taken == size);
  STILE_REQUIRE(parser.get().body() == content);
  if (head.framing() == Framing::kLength) Reach("content with a length that Beast reads too");
  if (head.framing() == Framing::kChunked) Reach("chunks that Beast reads too");
  return result.size + size;
}

}  // namespace

void FuzzHeadBeast(FuzzInput input) {
  std::string_view text = TextOf(input);
  while (!text.empty()) {
    const std::size_t size = Compare(text);
    if (size == 0) return;
    text.remove_prefix(size);
  }
}

}  // namespace stile
