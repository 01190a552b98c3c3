#ifndef STILE_SERVICE_RESPONSE_HEAD_H_
#define STILE_SERVICE_RESPONSE_HEAD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "service/request_head.h"

namespace stile {

// How the content of a response is delimited.
enum class ResponseFraming : std::uint8_t { kNone = 0, kLength, kChunked, kClose };

enum class ResponseStatus : std::uint8_t {
  kNone = 0,  // Never returned.
  kComplete = 1,
  kNeedMore = 2,
  kRefused = 3,  // Not HTTP/1.x, or framing that two readers could understand differently.
};

// The head of an HTTP/1.x response of an upstream. The upstream is the operator's own, so what is
// odd but harmless is read as RFC 9112 tells a proxy to: LF alone as a line end, blanks before a
// colon, folded lines, lines that are no field (left out). What delimits the content is read as
// strictly as in a request: Content-Length once and alone, Transfer-Encoding once and "chunked".
//
// Holds offsets and no bytes; what its accessors return points into the bytes of the last Read.
class ResponseHead {
 public:
  static constexpr std::size_t kMaxFields = 200;
  static constexpr std::size_t kMaxSize = 60 * 1024;  // Bytes with the empty line.

  struct Result {
    ResponseStatus status = ResponseStatus::kNone;
    std::size_t size = 0;  // kComplete: bytes of the head.
  };

  // Reads the head that `bytes` begins with; writes blanks over the ends of folded lines. On
  // kNeedMore call again with the same bytes and more behind them. `to_head`: the response answers
  // a HEAD request and has no content.
  [[nodiscard]] Result Read(std::span<char> bytes, bool to_head) noexcept;

  [[nodiscard]] std::uint16_t status() const noexcept { return status_; }
  [[nodiscard]] bool is_interim() const noexcept { return status_ < 200; }
  [[nodiscard]] std::string_view reason() const noexcept { return View(reason_); }
  [[nodiscard]] ResponseFraming framing() const noexcept { return framing_; }
  [[nodiscard]] std::uint64_t content_length() const noexcept { return content_length_; }
  // True if the head had a Content-Length, as responses to HEAD and 304 may without content.
  [[nodiscard]] bool has_length() const noexcept { return has_length_; }
  // True if the connection can carry another request once the content is read.
  [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
  // True if Upgrade is exactly "websocket".
  [[nodiscard]] bool upgrades_to_websocket() const noexcept { return websocket_; }

  [[nodiscard]] std::size_t field_count() const noexcept { return field_count_; }
  [[nodiscard]] HeadField field(std::size_t index) const noexcept {
    return {View(fields_[index].name), View(fields_[index].value)};
  }
  // True if a forwarder leaves the field out: hop-by-hop, framing, or listed by Connection.
  [[nodiscard]] bool Strips(std::string_view name) const noexcept;

 private:
  struct Slice {
    std::uint16_t begin = 0;
    std::uint16_t size = 0;
  };
  struct FieldSlices {
    Slice name;
    Slice value;
  };

  [[nodiscard]] std::string_view View(Slice slice) const noexcept {
    return {base_ + slice.begin, slice.size};
  }
  [[nodiscard]] Slice SliceOf(std::string_view text) const noexcept {
    return {static_cast<std::uint16_t>(text.data() - base_),
            static_cast<std::uint16_t>(text.size())};
  }
  void Clear() noexcept;
  [[nodiscard]] bool ReadStatusLine(std::string_view line) noexcept;
  [[nodiscard]] bool ReadFieldLine(std::string_view line) noexcept;
  [[nodiscard]] bool ReadKnownField(HeadField field) noexcept;
  void ReadConnection(std::string_view value) noexcept;
  [[nodiscard]] bool Finish(bool to_head) noexcept;

  char* base_ = nullptr;
  std::size_t scanned_ = 0;  // No empty line ends before here.
  std::uint64_t content_length_ = 0;
  std::size_t field_count_ = 0;
  Slice reason_;
  std::uint16_t status_ = 0;
  ResponseFraming framing_ = ResponseFraming::kNone;
  bool http_1_1_ = false;
  bool has_length_ = false;
  bool has_transfer_ = false;
  bool keep_alive_ = false;
  bool connection_close_ = false;
  bool connection_keep_alive_ = false;
  bool websocket_ = false;
  std::array<FieldSlices, kMaxFields> fields_;
};

}  // namespace stile

#endif  // STILE_SERVICE_RESPONSE_HEAD_H_
