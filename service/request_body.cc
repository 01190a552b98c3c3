#include "service/request_body.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "service/forwarding.h"

namespace stile {

RequestBody::RequestBody(const RequestHead& head, std::uint64_t max_body, Output output) noexcept
    : framing_(head.framing()),
      output_(output),
      left_(head.content_length()),
      chunked_(ChunkedBody::Limits{.max_body = max_body}) {}

bool RequestBody::done() const noexcept {
  switch (framing_) {
    case Framing::kNone:
      return true;
    case Framing::kLength:
      return left_ == 0;
    case Framing::kChunked:
      return chunked_.done();
  }
  return true;
}

RequestBody::Status RequestBody::Move(ByteBuffer& in, ByteBuffer& out) {
  if (done()) return Status::kDone;
  if (framing_ == Framing::kLength) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size()));
    out.Append(in.view().substr(0, size));
    in.Consume(size);
    left_ -= size;
    return left_ == 0 ? Status::kDone : Status::kNeedMore;
  }
  while (true) {
    const ChunkedBody::Step step = chunked_.Feed(in.bytes());
    if (step.status == ChunkedStatus::kPayload) {
      const std::string_view payload(step.payload.data(), step.payload.size());
      if (output_ == Output::kFramed) {
        AppendChunk(payload, out);
      } else {
        out.Append(payload);
      }
    }
    in.Consume(step.consumed);
    switch (step.status) {
      case ChunkedStatus::kPayload:
        break;
      case ChunkedStatus::kNeedMore:
        return Status::kNeedMore;
      case ChunkedStatus::kDone:
        if (output_ == Output::kFramed) out.Append(kLastChunk);
        return Status::kDone;
      case ChunkedStatus::kNone:
      case ChunkedStatus::kRefused:
        reason_ = step.reason;
        return Status::kRefused;
    }
  }
}

}  // namespace stile
