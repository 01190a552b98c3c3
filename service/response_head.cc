#include "service/response_head.h"

#include <algorithm>
#include <cstring>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsTokenByte(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return IsDigit(c) || (lower >= 'a' && lower <= 'z') ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenByte);
}

bool IsTextByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

// True if a comma-separated list has `name`, any case on either side.
bool Lists(std::string_view list, std::string_view name) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (EqualsIgnoringCase(TrimBlanks(list.substr(0, comma)), name)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

void ResponseHead::Clear() noexcept {
  content_length_ = 0;
  field_count_ = 0;
  reason_ = {};
  status_ = 0;
  framing_ = ResponseFraming::kNone;
  http_1_1_ = has_length_ = has_transfer_ = keep_alive_ = false;
  connection_close_ = connection_keep_alive_ = websocket_ = false;
}

ResponseHead::Result ResponseHead::Read(std::span<char> bytes, bool to_head) noexcept {
  base_ = bytes.data();
  // The whole head first: it is nearly always there at once, and lines may fold.
  std::size_t end = 0;
  std::size_t at = scanned_;
  const std::size_t readable = std::min(bytes.size(), kMaxSize);
  while (end == 0) {
    const auto* lf = static_cast<const char*>(
        at < readable ? std::memchr(base_ + at, '\n', readable - at) : nullptr);
    if (lf == nullptr) {
      const bool full = readable == kMaxSize;
      scanned_ = full ? 0 : readable - std::min<std::size_t>(readable, 2);
      return {full ? ResponseStatus::kRefused : ResponseStatus::kNeedMore, 0};
    }
    const std::size_t behind = static_cast<std::size_t>(lf - base_) + 1;
    at = behind;
    if (behind < readable && base_[behind] == '\n') end = behind + 1;
    if (behind + 1 < readable && base_[behind] == '\r' && base_[behind + 1] == '\n') {
      end = behind + 2;
    }
    if (end == 0 && readable - behind < 2 && (behind == readable || base_[behind] == '\r')) {
      scanned_ = behind - 1;  // The line end is looked at again with what follows it.
      if (readable == kMaxSize) return {ResponseStatus::kRefused, 0};
      return {ResponseStatus::kNeedMore, 0};
    }
  }
  scanned_ = 0;
  Clear();

  bool first = true;
  for (std::size_t begin = 0; begin < end;) {
    auto* lf = static_cast<char*>(std::memchr(base_ + begin, '\n', end - begin));
    // A line that a blank follows goes on there.
    while (!first && lf + 1 < base_ + end && lf != base_ + begin && IsBlank(lf[1])) {
      if (lf[-1] == '\r') lf[-1] = ' ';
      *lf = ' ';
      lf = static_cast<char*>(std::memchr(lf, '\n', static_cast<std::size_t>(base_ + end - lf)));
    }
    std::string_view line(base_ + begin, static_cast<std::size_t>(lf - (base_ + begin)));
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin = static_cast<std::size_t>(lf - base_) + 1;
    if (line.empty()) break;
    if (!(first ? ReadStatusLine(line) : ReadFieldLine(line))) {
      return {ResponseStatus::kRefused, 0};
    }
    first = false;
  }
  if (first || !Finish(to_head)) return {ResponseStatus::kRefused, 0};
  return {ResponseStatus::kComplete, end};
}

bool ResponseHead::ReadStatusLine(std::string_view line) noexcept {
  // HTTP/1.x SP 3DIGIT [SP reason]
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || !IsDigit(line[7]) || line[8] != ' ' ||
      !IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11])) {
    return false;
  }
  http_1_1_ = line[7] != '0';
  status_ =
      static_cast<std::uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  if (status_ < 100) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  const std::string_view reason = line.substr(std::min<std::size_t>(line.size(), 13));
  if (std::all_of(reason.begin(), reason.end(), IsTextByte)) reason_ = SliceOf(reason);
  return true;
}

bool ResponseHead::ReadFieldLine(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && IsBlank(name.back())) name.remove_suffix(1);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), IsTextByte)) return false;
  if (!IsToken(name)) return true;
  if (field_count_ == kMaxFields) return false;
  const HeadField field{name, value};
  fields_[field_count_++] = {SliceOf(name),
                             value.empty() ? SliceOf(line.substr(colon, 0)) : SliceOf(value)};
  return ReadKnownField(field);
}

bool ResponseHead::ReadKnownField(HeadField field) noexcept {
  const auto [name, value] = field;
  if (EqualsLower(name, "content-length")) {
    if (has_length_ || value.empty() || value.size() > 18) return false;
    has_length_ = true;
    content_length_ = 0;
    for (const char c : value) {
      if (!IsDigit(c)) return false;
      content_length_ = content_length_ * 10 + static_cast<std::uint64_t>(c - '0');
    }
  } else if (EqualsLower(name, "transfer-encoding")) {
    if (has_transfer_ || !EqualsLower(value, "chunked")) return false;
    has_transfer_ = true;
  } else if (EqualsLower(name, "connection")) {
    ReadConnection(value);
  } else if (EqualsLower(name, "upgrade")) {
    websocket_ = EqualsLower(value, "websocket");
  }
  return true;
}

void ResponseHead::ReadConnection(std::string_view value) noexcept {
  if (Lists(value, "close")) connection_close_ = true;
  if (Lists(value, "keep-alive")) connection_keep_alive_ = true;
}

bool ResponseHead::Finish(bool to_head) noexcept {
  if (has_length_ && has_transfer_) return false;
  if (has_transfer_ && !http_1_1_) return false;
  keep_alive_ = !connection_close_ && (http_1_1_ || connection_keep_alive_);
  if (to_head || is_interim() || status_ == 204 || status_ == 304) {
    framing_ = ResponseFraming::kNone;
  } else if (has_transfer_) {
    framing_ = ResponseFraming::kChunked;
  } else if (has_length_) {
    framing_ = ResponseFraming::kLength;
  } else {
    framing_ = ResponseFraming::kClose;
    keep_alive_ = false;
  }
  return true;
}

bool ResponseHead::Strips(std::string_view name) const noexcept {
  if (IsHopByHop(name) || EqualsLower(name, "content-length")) return true;
  for (std::size_t i = 0; i < field_count_; ++i) {
    if (EqualsLower(View(fields_[i].name), "connection") && Lists(View(fields_[i].value), name)) {
      return true;
    }
  }
  return false;
}

}  // namespace stile
