// Request heads and chunked bodies. How bytes are split changes no result; what was read can be
// written and read again; nothing behind the head matters; each refusal has its status.

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "service/chunked_body.h"
#include "service/request_head.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

constexpr HeadLimits kDefault;
constexpr HeadLimits kSmall{256, 32, 6, 1000};

std::vector<char> CopyOf(std::string_view text) { return {text.begin(), text.end()}; }

bool SameResult(const HeadResult& a, const HeadResult& b) {
  return a.status == b.status && a.reason == b.reason && a.size == b.size;
}

// Everything that a head says, in one string.
std::string Describe(const RequestHead& head) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    text += std::to_string(part.size());
    text += ':';
    text += part;
  };
  for (const std::string_view part : {head.method(), head.target(), head.raw_target(), head.path(),
                                      head.query(), head.host(), head.host_name()}) {
    add(part);
  }
  for (const bool flag : {head.has_query(), head.is_http_1_1(), head.keep_alive(),
                          head.expect_continue(), head.websocket(), head.without_content()}) {
    text += flag ? '1' : '0';
  }
  add(std::to_string(static_cast<int>(head.framing())));
  add(std::to_string(head.content_length()));
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    add(head.field(i).name);
    add(head.field(i).value);
  }
  return text;
}

// Reads `text` as it arrives in pieces of `step` bytes, in a buffer that moves each time.
HeadResult ReadInPieces(std::string_view text, std::size_t step, const HeadLimits& limits,
                        std::string& description) {
  RequestHead head;
  HeadResult result;
  std::vector<char> buffer;
  std::size_t size = 0;
  do {
    size = std::min(size + step, text.size());
    std::vector<char> moved = CopyOf(text.substr(0, size));
    buffer.swap(moved);
    result = head.Read(buffer, limits);
  } while (result.status == HeadStatus::kNeedMore && size < text.size());
  description = result.status == HeadStatus::kComplete ? Describe(head) : "";
  return result;
}

// Writes what was read as a request head of its own.
std::string Rewrite(const RequestHead& head) {
  std::string text(head.method());
  text.append(" ").append(head.raw_target());
  text.append(head.is_http_1_1() ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    text.append(head.field(i).name).append(": ").append(head.field(i).value).append("\r\n");
  }
  return text.append("\r\n");
}

void RequireSafeHead(const RequestHead& head) {
  STILE_REQUIRE(!head.method().empty() && head.method() != "CONNECT" && head.method() != "TRACE");
  STILE_REQUIRE(head.target() == "*" || head.target().starts_with('/'));
  STILE_REQUIRE(std::all_of(head.target().begin(), head.target().end(),
                            [](unsigned char c) { return c > 0x20 && c < 0x7F; }));
  STILE_REQUIRE(head.host().find_first_of(" /@?#\\") == std::string_view::npos);
  STILE_REQUIRE(head.framing() != Framing::kChunked || head.is_http_1_1());
  STILE_REQUIRE(head.framing() != Framing::kLength || head.Find("transfer-encoding").count == 0);
  STILE_REQUIRE(head.Find("host").unique() && head.Find("content-length").count <= 1);
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    STILE_REQUIRE(!field.name.empty());
    STILE_REQUIRE(field.name.find_first_of(std::string_view(" \t:\r\n\0", 6)) ==
                  std::string_view::npos);
    STILE_REQUIRE(field.value.find_first_of(std::string_view("\r\n\0", 3)) ==
                  std::string_view::npos);
  }
}

void CheckHead(std::string_view text, const HeadLimits& limits, std::uint64_t choice) {
  RequestHead head;
  const std::vector<char> whole = CopyOf(text);
  const HeadResult result = head.Read(whole, limits);
  STILE_REQUIRE(result.status != HeadStatus::kNone);
  const std::string description =
      result.status == HeadStatus::kComplete ? Describe(head) : std::string();

  const std::array<std::size_t, 3> steps = {1 + choice % 7, 1 + choice / 7 % 300,
                                            text.size() <= 1024 ? 1 : text.size() / 2};
  for (const std::size_t step : steps) {
    std::string in_pieces;
    STILE_REQUIRE(SameResult(ReadInPieces(text, step, limits, in_pieces), result));
    STILE_REQUIRE(in_pieces == description);
  }

  if (result.status == HeadStatus::kNeedMore) {
    Reach("half a head");
    STILE_REQUIRE(result.reason == HeadReason::kNone && text.size() <= limits.max_head);
    return;
  }
  if (result.status != HeadStatus::kComplete) {
    Reach("refused head");
    STILE_REQUIRE(HttpStatusOf(result.status) >= 400 && result.reason != HeadReason::kNone);
    STILE_REQUIRE(StatusOf(result.reason) == result.status);
    STILE_REQUIRE(!HeadReasonName(result.reason).empty() && head.field_count() == 0);
    return;
  }
  Reach("complete head");
  STILE_REQUIRE(result.size <= text.size() && result.size <= limits.max_head);
  STILE_REQUIRE(text.substr(0, result.size).ends_with("\r\n\r\n"));
  RequireSafeHead(head);

  RequestHead again;
  const std::string rewritten = Rewrite(head);
  const HeadResult second = again.Read(rewritten, kDefault);
  STILE_REQUIRE(second.status == HeadStatus::kComplete && second.size == rewritten.size());
  STILE_REQUIRE(Describe(again) == description);
  const std::vector<char> alone = CopyOf(text.substr(0, result.size));
  STILE_REQUIRE(SameResult(again.Read(alone, limits), result));
}

struct Chunked {
  ChunkedStatus status = ChunkedStatus::kNone;
  ChunkedReason reason = ChunkedReason::kNone;
  std::size_t consumed = 0;
  std::string payload;
};

Chunked ReadChunked(std::string_view text, std::size_t step, const ChunkedBody::Limits& limits) {
  ChunkedBody body(limits);
  Chunked all;
  std::size_t end = 0;
  while (true) {
    end = std::min(std::max(end, all.consumed + step), text.size());
    const std::vector<char> piece = CopyOf(text.substr(all.consumed, end - all.consumed));
    const ChunkedBody::Step part = body.Feed(piece);
    all.status = part.status;
    all.reason = part.reason;
    STILE_REQUIRE(part.consumed <= piece.size());
    all.consumed += part.consumed;
    all.payload.append(part.payload.begin(), part.payload.end());
    if (part.status == ChunkedStatus::kPayload) continue;
    if (part.status != ChunkedStatus::kNeedMore) break;
    STILE_REQUIRE(part.consumed == piece.size());
    if (end == text.size()) break;
  }
  STILE_REQUIRE(body.received() == all.payload.size() && all.payload.size() <= limits.max_body);
  STILE_REQUIRE(body.done() == (all.status == ChunkedStatus::kDone));
  return all;
}

void CheckChunked(std::string_view text, std::uint64_t choice) {
  constexpr ChunkedBody::Limits kLimits{1000, 64};
  const Chunked whole = ReadChunked(text, text.size() + 1, kLimits);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1 + choice % 11}}) {
    const Chunked pieces = ReadChunked(text, step, kLimits);
    STILE_REQUIRE(pieces.status == whole.status && pieces.reason == whole.reason);
    STILE_REQUIRE(pieces.payload == whole.payload);
    STILE_REQUIRE(whole.status == ChunkedStatus::kRefused || pieces.consumed == whole.consumed);
  }
  if (whole.status == ChunkedStatus::kRefused) {
    Reach("refused chunked body");
    STILE_REQUIRE(whole.reason != ChunkedReason::kNone);
    STILE_REQUIRE(!ChunkedReasonName(whole.reason).empty());
  }
  if (whole.status != ChunkedStatus::kDone) return;
  Reach("whole chunked body");
  std::string encoded;
  if (!whole.payload.empty()) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", whole.payload.size());
    encoded = size + whole.payload + "\r\n";
  }
  encoded += "0\r\n\r\n";
  const Chunked again = ReadChunked(encoded, 3, kLimits);
  STILE_REQUIRE(again.status == ChunkedStatus::kDone && again.payload == whole.payload);
  STILE_REQUIRE(again.consumed == encoded.size());
}

}  // namespace

void FuzzRequestHead(FuzzInput input) {
  const std::string_view text = TextOf(input);
  const std::uint64_t choice = HashOf(input);
  CheckHead(text, kDefault, choice);
  CheckHead(text, kSmall, choice);
  // Bodies stand alone, and behind the first head.
  CheckChunked(text, choice);
  const std::size_t end = text.find("\r\n\r\n");
  if (end != std::string_view::npos) CheckChunked(text.substr(end + 4), choice);
}

}  // namespace stile
