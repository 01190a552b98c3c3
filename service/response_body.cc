#include "service/response_body.h"

#include <algorithm>

namespace stile {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool ResponseBody::done() const noexcept {
  switch (framing_) {
    case ResponseFraming::kNone:
      return true;
    case ResponseFraming::kLength:
      return left_ == 0;
    case ResponseFraming::kChunked:
      return state_ == State::kDone;
    case ResponseFraming::kClose:
      return false;
  }
  return true;
}

ResponseBody::Step ResponseBody::Feed(std::span<const char> input) noexcept {
  if (done()) return {Status::kDone, 0, {}};
  if (input.empty()) return {Status::kNeedMore, 0, {}};
  if (framing_ == ResponseFraming::kClose) return {Status::kPayload, input.size(), input};
  if (framing_ == ResponseFraming::kChunked) return FeedChunked(input);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  left_ -= size;
  return {Status::kPayload, size, input.first(size)};
}

ResponseBody::Step ResponseBody::FeedChunked(std::span<const char> input) noexcept {
  std::size_t at = 0;
  while (state_ != State::kDone) {
    if (at == input.size()) return {Status::kNeedMore, at, {}};
    if (state_ == State::kData) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= size;
      if (left_ == 0) state_ = State::kDataEnd;
      return {Status::kPayload, at + size, input.subspan(at, size)};
    }
    if (!Take(input[at])) return {Status::kRefused, at, {}};
    ++at;
  }
  return {Status::kDone, at, {}};
}

bool ResponseBody::EndSize() noexcept {
  if (digits_ == 0) return false;
  digits_ = 0;
  line_ = 0;
  state_ = left_ == 0 ? State::kTrailerStart : State::kData;
  return true;
}

bool ResponseBody::Take(char byte) noexcept {
  switch (state_) {
    case State::kSize:
      if (const int digit = HexValue(byte); digit >= 0) {
        if (++digits_ > 15) return false;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        return true;
      }
      if (byte == '\n') return EndSize();
      state_ = byte == '\r' ? State::kSizeLf : State::kExtension;
      return digits_ > 0 && (byte == '\r' || byte == ';' || byte == ' ' || byte == '\t');
    case State::kExtension:
      if (byte == '\n') return EndSize();
      return ++line_ <= kMaxLine;
    case State::kSizeLf:
      return byte == '\n' && EndSize();
    case State::kDataEnd:
      if (byte == '\n') state_ = State::kSize;
      return byte == '\n' || byte == '\r';
    case State::kTrailerStart:
      if (byte == '\n') {
        state_ = State::kDone;
      } else {
        state_ = byte == '\r' ? State::kLastLf : State::kTrailer;
      }
      return ++line_ <= kMaxLine;
    case State::kTrailer:
      if (byte == '\n') state_ = State::kTrailerStart;
      return ++line_ <= kMaxLine;
    case State::kLastLf:
      state_ = State::kDone;
      return byte == '\n';
    case State::kData:
    case State::kDone:
      break;
  }
  return false;
}

}  // namespace stile
