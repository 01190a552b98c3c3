#ifndef STILE_SERVICE_CHUNKED_BODY_H_
#define STILE_SERVICE_CHUNKED_BODY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stile {

enum class ChunkedStatus : std::uint8_t {
  kNone = 0,      // Never returned.
  kNeedMore = 1,  // All input is consumed; the body goes on.
  kPayload = 2,   // `payload` is the next piece of the content. Feed the rest.
  kDone = 3,      // The body has ended; what was not consumed is the next request.
  kRefused = 4,  // Answer 400, or 413 for kBodyTooLarge, and close. Every later Feed says so again.
};

enum class ChunkedReason : std::uint8_t {
  kNone = 0,
  kSizeSyntax,   // No hexadecimal digit where a size must begin, or a byte that is none behind it.
  kSizeTooLong,  // More than 16 digits, or 2^63 and more.
  kExtension,    // A chunk extension.
  kLineEnd,      // Anything but CRLF behind a size or a chunk.
  kTrailerSyntax,     // A trailer that is no field line.
  kTrailersTooLarge,  // Trailers of more than Limits::max_trailers bytes.
  kBodyTooLarge,      // Content of more than Limits::max_body bytes.
};
inline constexpr std::size_t kChunkedReasonCount = 8;

// The name that metrics use, such as "size-syntax".
[[nodiscard]] std::string_view ChunkedReasonName(ChunkedReason reason) noexcept;

// Takes a chunked request body (RFC 9112 section 7.1) apart as it arrives. Stricter than the RFC: a
// chunk extension is refused, for readers disagree on where one ends and no client in use sends
// any. Trailers are read within a bound and discarded: nothing that follows the content can add a
// field.
//
// 48 bytes, one per request; allocates nothing and keeps no input.
class ChunkedBody {
 public:
  struct Limits {
    std::uint64_t max_body = std::uint64_t{1} << 40;
    std::uint32_t max_trailers = 8 * 1024;  // Bytes of all trailer lines with their line ends.
  };
  struct Step {
    ChunkedStatus status = ChunkedStatus::kNone;
    ChunkedReason reason = ChunkedReason::kNone;
    std::size_t consumed = 0;       // Of the input, `payload` included.
    std::span<const char> payload;  // Points into the input; not empty with kPayload.
  };

  explicit ChunkedBody(const Limits& limits) noexcept : limits_(limits) {}

  // Consumes `input` up to the end of the next piece of payload, the end of the body or its own
  // end. How the body is split into inputs changes neither payload nor status. A size beyond
  // max_body is refused before any of its chunk is handed out.
  [[nodiscard]] Step Feed(std::span<const char> input) noexcept;

  [[nodiscard]] bool done() const noexcept { return state_ == State::kDone; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }  // Bytes of payload.

 private:
  enum class State : std::uint8_t {
    kSizeStart,
    kSize,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kDone,
    kRefused
  };

  [[nodiscard]] ChunkedReason Take(unsigned char byte) noexcept;
  [[nodiscard]] ChunkedReason TakeSizeByte(unsigned char byte) noexcept;
  [[nodiscard]] ChunkedReason TakeTrailerByte(unsigned char byte) noexcept;

  Limits limits_;
  std::uint64_t left_ = 0;  // Of the chunk, or its size as far as read.
  std::uint64_t received_ = 0;
  std::uint32_t trailers_ = 0;  // Bytes.
  std::uint8_t digits_ = 0;
  State state_ = State::kSizeStart;
  ChunkedReason reason_ = ChunkedReason::kNone;
};

}  // namespace stile

#endif  // STILE_SERVICE_CHUNKED_BODY_H_
