#include "service/chunked_body.h"

#include <algorithm>
#include <array>

namespace stile {
namespace {

constexpr std::uint8_t kMaxDigits = 16;
constexpr std::uint64_t kMaxSize = (std::uint64_t{1} << 63) - 1;

constexpr std::array<std::string_view, kChunkedReasonCount> kReasonNames = {
    "none",     "size-syntax",    "size-too-long",      "extension",
    "line-end", "trailer-syntax", "trailers-too-large", "body-too-large",
};

// The value of a hexadecimal digit, or -1.
int HexValue(unsigned char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsTokenByte(unsigned char c) {
  const unsigned char lower = c | 0x20;
  return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') ||
         (c != '\0' &&
          std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
}

bool IsValueByte(unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); }

}  // namespace

std::string_view ChunkedReasonName(ChunkedReason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return index < kReasonNames.size() ? kReasonNames[index] : std::string_view();
}

ChunkedBody::Step ChunkedBody::Feed(std::span<const char> input) noexcept {
  if (state_ == State::kRefused) return {ChunkedStatus::kRefused, reason_, 0, {}};
  std::size_t at = 0;
  while (state_ != State::kDone) {
    if (at == input.size()) return {ChunkedStatus::kNeedMore, ChunkedReason::kNone, at, {}};
    if (state_ == State::kData) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= size;
      received_ += size;
      if (left_ == 0) state_ = State::kDataCr;
      return {ChunkedStatus::kPayload, ChunkedReason::kNone, at + size, input.subspan(at, size)};
    }
    reason_ = Take(static_cast<unsigned char>(input[at]));
    if (reason_ != ChunkedReason::kNone) {
      state_ = State::kRefused;
      return {ChunkedStatus::kRefused, reason_, at, {}};
    }
    ++at;
  }
  return {ChunkedStatus::kDone, ChunkedReason::kNone, at, {}};
}

ChunkedReason ChunkedBody::Take(unsigned char byte) noexcept {
  switch (state_) {
    case State::kSizeStart:
    case State::kSize:
    case State::kSizeLf:
      return TakeSizeByte(byte);
    case State::kDataCr:
      if (byte != '\r') return ChunkedReason::kLineEnd;
      state_ = State::kDataLf;
      return ChunkedReason::kNone;
    case State::kDataLf:
      if (byte != '\n') return ChunkedReason::kLineEnd;
      state_ = State::kSizeStart;
      return ChunkedReason::kNone;
    case State::kTrailerStart:
    case State::kTrailerName:
    case State::kTrailerValue:
    case State::kTrailerLf:
    case State::kLastLf:
      return TakeTrailerByte(byte);
    case State::kData:
    case State::kDone:
    case State::kRefused:
      break;
  }
  return ChunkedReason::kSizeSyntax;  // Not reached: Feed handles these states itself.
}

ChunkedReason ChunkedBody::TakeSizeByte(unsigned char byte) noexcept {
  if (state_ == State::kSizeLf) {
    if (byte != '\n') return ChunkedReason::kLineEnd;
    digits_ = 0;
    if (left_ > limits_.max_body - received_) return ChunkedReason::kBodyTooLarge;
    state_ = left_ == 0 ? State::kTrailerStart : State::kData;
    return ChunkedReason::kNone;
  }
  if (const int digit = HexValue(byte); digit >= 0) {
    if (state_ == State::kSizeStart) left_ = 0;
    if (++digits_ > kMaxDigits) return ChunkedReason::kSizeTooLong;
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    if (left_ > kMaxSize) return ChunkedReason::kSizeTooLong;
    state_ = State::kSize;
    return ChunkedReason::kNone;
  }
  if (state_ == State::kSizeStart) return ChunkedReason::kSizeSyntax;
  if (byte == ';') return ChunkedReason::kExtension;
  if (byte == '\n') return ChunkedReason::kLineEnd;
  if (byte != '\r') return ChunkedReason::kSizeSyntax;
  state_ = State::kSizeLf;
  return ChunkedReason::kNone;
}

ChunkedReason ChunkedBody::TakeTrailerByte(unsigned char byte) noexcept {
  if (state_ == State::kLastLf) {
    if (byte != '\n') return ChunkedReason::kLineEnd;
    state_ = State::kDone;
    return ChunkedReason::kNone;
  }
  if (state_ == State::kTrailerStart && byte == '\r') {
    state_ = State::kLastLf;
    return ChunkedReason::kNone;
  }
  if (++trailers_ > limits_.max_trailers) return ChunkedReason::kTrailersTooLarge;
  switch (state_) {
    case State::kTrailerStart:
      if (byte == '\n') return ChunkedReason::kLineEnd;
      if (!IsTokenByte(byte)) return ChunkedReason::kTrailerSyntax;
      state_ = State::kTrailerName;
      return ChunkedReason::kNone;
    case State::kTrailerName:
      if (byte == ':') {
        state_ = State::kTrailerValue;
      } else if (!IsTokenByte(byte)) {
        return ChunkedReason::kTrailerSyntax;
      }
      return ChunkedReason::kNone;
    case State::kTrailerValue:
      if (byte == '\r') {
        state_ = State::kTrailerLf;
      } else if (byte == '\n') {
        return ChunkedReason::kLineEnd;
      } else if (!IsValueByte(byte)) {
        return ChunkedReason::kTrailerSyntax;
      }
      return ChunkedReason::kNone;
    default:  // kTrailerLf
      if (byte != '\n') return ChunkedReason::kLineEnd;
      state_ = State::kTrailerStart;
      return ChunkedReason::kNone;
  }
}

}  // namespace stile
