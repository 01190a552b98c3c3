#ifndef STILE_SERVICE_RESPONSE_BODY_H_
#define STILE_SERVICE_RESPONSE_BODY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "service/response_head.h"

namespace stile {

// The content of an upstream's response, taken out of its framing as it arrives. Chunk extensions
// and trailers are dropped.
class ResponseBody {
 public:
  enum class Status : std::uint8_t {
    kNone = 0,  // Never returned.
    kNeedMore,  // All input is consumed.
    kPayload,   // `payload` is the next piece. Feed the rest.
    kDone,      // The content has ended.
    kRefused,   // Not a chunked body: the response is cut.
  };
  struct Step {
    Status status = Status::kNone;
    std::size_t consumed = 0;  // Of the input, `payload` included.
    std::span<const char> payload;
  };

  ResponseBody() = default;  // Without content.
  ResponseBody(ResponseFraming framing, std::uint64_t length) noexcept
      : left_(framing == ResponseFraming::kLength ? length : 0), framing_(framing) {}

  [[nodiscard]] Step Feed(std::span<const char> input) noexcept;

  // True if nothing more is needed; an end of file before that cuts the content.
  [[nodiscard]] bool done() const noexcept;
  // True if the connection's end is the content's.
  [[nodiscard]] bool ends_by_close() const noexcept { return framing_ == ResponseFraming::kClose; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataEnd,
    kTrailerStart,
    kTrailer,
    kLastLf,
    kDone
  };
  static constexpr std::uint32_t kMaxLine = 16 * 1024;  // Of one extension or all trailers.

  [[nodiscard]] bool Take(char byte) noexcept;
  [[nodiscard]] bool EndSize() noexcept;
  [[nodiscard]] Step FeedChunked(std::span<const char> input) noexcept;

  std::uint64_t left_ = 0;  // Of the chunk or of the content.
  std::uint32_t line_ = 0;
  std::uint8_t digits_ = 0;
  ResponseFraming framing_ = ResponseFraming::kNone;
  State state_ = State::kSize;
};

}  // namespace stile

#endif  // STILE_SERVICE_RESPONSE_BODY_H_
