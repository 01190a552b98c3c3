#ifndef STILE_SERVICE_REQUEST_BODY_H_
#define STILE_SERVICE_REQUEST_BODY_H_

#include <cstdint>

#include "service/byte_buffer.h"
#include "service/chunked_body.h"
#include "service/request_head.h"

namespace stile {

// The content of a client's request, on its way from one buffer to another.
class RequestBody {
 public:
  enum class Output : std::uint8_t {
    kPlain,   // The content itself.
    kFramed,  // As an upstream reads it: the content, or chunks of it that we make anew.
  };
  enum class Status : std::uint8_t { kRefused = 0, kNeedMore, kDone };

  RequestBody() = default;  // Without content.
  // `head` is complete and has framing; max_body bounds what chunks may carry.
  RequestBody(const RequestHead& head, std::uint64_t max_body, Output output) noexcept;

  // Moves everything that belongs to the content from `in` to `out`. What follows it stays.
  [[nodiscard]] Status Move(ByteBuffer& in, ByteBuffer& out);

  [[nodiscard]] bool done() const noexcept;
  [[nodiscard]] ChunkedReason reason() const noexcept { return reason_; }  // Of kRefused.

 private:
  Framing framing_ = Framing::kNone;
  Output output_ = Output::kPlain;
  ChunkedReason reason_ = ChunkedReason::kNone;
  std::uint64_t left_ = 0;
  ChunkedBody chunked_{ChunkedBody::Limits{}};
};

}  // namespace stile

#endif  // STILE_SERVICE_REQUEST_BODY_H_
