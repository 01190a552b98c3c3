#include "tests/framing/stream_judgement.h"

#include <algorithm>
#include <cstdint>

#include "service/chunked_body.h"

namespace stile {
namespace {

std::string NameOf(Framing framing) {
  switch (framing) {
    case Framing::kNone:
      return "none";
    case Framing::kLength:
      return "length";
    case Framing::kChunked:
      return "chunked";
  }
  return "?";
}

JudgedRequest RequestOf(const RequestHead& head) {
  JudgedRequest request;
  request.method = head.method();
  request.target = head.target();
  request.host = head.host();
  request.version = head.is_http_1_1() ? "1.1" : "1.0";
  request.framing = NameOf(head.framing());
  request.expect_continue = head.expect_continue();
  request.websocket = head.websocket();
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    request.fields.emplace_back(head.field(i).name, head.field(i).value);
  }
  return request;
}

// Takes a chunked body from `bytes`; "" once it is whole, or how it ends before.
std::string TakeChunks(std::uint64_t max_body, std::string_view& bytes, std::string& content) {
  ChunkedBody body(ChunkedBody::Limits{.max_body = max_body});
  while (true) {
    const ChunkedBody::Step step = body.Feed({bytes.data(), bytes.size()});
    content.append(step.payload.begin(), step.payload.end());
    bytes.remove_prefix(step.consumed);
    switch (step.status) {
      case ChunkedStatus::kPayload:
        break;
      case ChunkedStatus::kDone:
        return "";
      case ChunkedStatus::kNeedMore:
        return "waits";
      case ChunkedStatus::kNone:
      case ChunkedStatus::kRefused: {
        const bool large = step.reason == ChunkedReason::kBodyTooLarge;
        return std::string("refused ") + (large ? "413" : "400") + " body " +
               std::string(ChunkedReasonName(step.reason));
      }
    }
  }
}

}  // namespace

StreamJudgement JudgeStream(std::string_view bytes, const HeadLimits& limits) {
  StreamJudgement judgement;
  RequestHead head;
  while (!bytes.empty()) {
    const HeadResult result = head.Read({bytes.data(), bytes.size()}, limits);
    if (result.status == HeadStatus::kNeedMore) return {std::move(judgement.requests), "waits"};
    if (result.status != HeadStatus::kComplete) {
      judgement.end = "refused " + std::to_string(HttpStatusOf(result.status)) + " head " +
                      std::string(HeadReasonName(result.reason));
      return judgement;
    }
    JudgedRequest request = RequestOf(head);
    bytes.remove_prefix(result.size);
    if (head.framing() == Framing::kLength) {
      if (bytes.size() < head.content_length()) return {std::move(judgement.requests), "waits"};
      request.content = bytes.substr(0, static_cast<std::size_t>(head.content_length()));
      bytes.remove_prefix(request.content.size());
    } else if (head.framing() == Framing::kChunked) {
      std::string end = TakeChunks(limits.max_body, bytes, request.content);
      if (!end.empty()) return {std::move(judgement.requests), std::move(end)};
    }
    judgement.requests.push_back(std::move(request));
    if (!head.keep_alive()) return {std::move(judgement.requests), "close"};
  }
  judgement.end = "open";
  return judgement;
}

}  // namespace stile
