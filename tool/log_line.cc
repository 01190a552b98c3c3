#include "tool/log_line.h"

#include <algorithm>
#include <cstring>

namespace stile {
namespace {

constexpr std::size_t kMaxMethod = 32;

// The value of a hexadecimal digit; -1 if it is none.
int HexDigit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number of `digits` hexadecimal digits at the start of `text`; -1 if they aren't there.
int HexNumber(std::string_view text, std::size_t digits) noexcept {
  if (text.size() < digits) return -1;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    const int digit = HexDigit(c);
    if (digit < 0) return -1;
    number = number * 16 + digit;
  }
  return number;
}

char* PutUtf8(char* out, unsigned code) noexcept {
  if (code < 0x80) {
    *out++ = static_cast<char>(code);
  } else if (code < 0x800) {
    *out++ = static_cast<char>(0xC0 | code >> 6);
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = static_cast<char>(0xE0 | code >> 12);
    *out++ = static_cast<char>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | code >> 18);
    *out++ = static_cast<char>(0x80 | (code >> 12 & 0x3F));
    *out++ = static_cast<char>(0x80 | (code >> 6 & 0x3F));
    *out++ = static_cast<char>(0x80 | (code & 0x3F));
  }
  return out;
}

// Decodes the "\uHHHH" that `text` begins with, with its other half if it is half a pair, writes it
// to `out` and moves it on. Returns the bytes read; 0 if it is none.
std::size_t DecodeUnicode(std::string_view text, char*& out) noexcept {
  const int first = HexNumber(text.substr(2), 4);
  if (first < 0) return 0;
  if (first >= 0xD800 && first < 0xDC00 && text.substr(6).starts_with("\\u")) {
    const int second = HexNumber(text.substr(8), 4);
    if (second >= 0xDC00 && second < 0xE000) {
      out = PutUtf8(out, 0x10000U + ((static_cast<unsigned>(first) - 0xD800U) << 10) +
                             (static_cast<unsigned>(second) - 0xDC00U));
      return 12;
    }
  }
  // Half a pair alone is no character: U+FFFD stands for it.
  out = PutUtf8(out, first >= 0xD800 && first < 0xE000 ? 0xFFFDU : static_cast<unsigned>(first));
  return 6;
}

// The byte that backslash and `c` stand for; nothing if they stand for themselves.
std::optional<char> SimpleEscape(char c) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    default:
      return std::nullopt;
  }
}

bool IsMethod(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxMethod &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
         });
}

}  // namespace

std::string_view LogText::Decode(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxLine - used_) return text;
  if (std::memchr(text.data(), '\\', text.size()) == nullptr) return text;
  char* const begin = room_.get() + used_;
  char* out = begin;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    std::memcpy(out, text.data(), plain);
    out += plain;
    text.remove_prefix(plain);
    if (text.size() < 2) break;
    std::size_t taken = 0;
    if (text[1] == 'x') {
      if (const int byte = HexNumber(text.substr(2), 2); byte >= 0) {
        *out++ = static_cast<char>(byte);
        taken = 4;
      }
    } else if (text[1] == 'u') {
      taken = DecodeUnicode(text, out);
    } else if (const std::optional<char> byte = SimpleEscape(text[1])) {
      *out++ = *byte;
      taken = 2;
    }
    if (taken == 0) {
      *out++ = '\\';
      taken = 1;
    }
    text.remove_prefix(taken);
  }
  if (!text.empty()) *out++ = text[0];
  used_ += static_cast<std::size_t>(out - begin);
  return {begin, static_cast<std::size_t>(out - begin)};
}

std::string_view LogText::Dashed(std::string_view text) noexcept {
  if (text.size() > kMaxLine - used_) return {};
  char* const begin = room_.get() + used_;
  std::replace_copy(text.begin(), text.end(), begin, '_', '-');
  used_ += text.size();
  return {begin, text.size()};
}

LogReading LogLineReader::Read(std::string_view line, LogLine& out) noexcept {
  out = LogLine();
  text_.Clear();
  if (line.ends_with('\r')) line.remove_suffix(1);
  LogOutcome outcome;
  if (line.size() > LogText::kMaxLine) {
    outcome.reason = "it is longer than 65536 bytes";
  } else if (line.find_first_not_of(" \t") == std::string_view::npos) {
    outcome.reading = LogReading::kNoRequest;
  } else {
    const bool is_object = line[line.find_first_not_of(" \t")] == '{';
    if (format_ == LogFormat::kCombined || (format_ == LogFormat::kAuto && !is_object)) {
      outcome = ReadCombinedLine(line, text_, out);
    } else {
      outcome = ReadJsonLine(line, format_ == LogFormat::kCaddy, text_, out);
    }
  }
  reason_ = outcome.reason;
  return outcome.reading;
}

bool TakeTarget(std::string_view target, LogLine& out) noexcept {
  if (target.empty()) return false;
  if (target.front() == '/' || target == "*") return out.target = target, true;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme == 0 || scheme > 8) return false;
  std::string_view rest = target.substr(scheme + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (end == 0) return false;
  if (out.host.empty()) out.host = WithoutPort(rest.substr(0, end));
  rest.remove_prefix(end);
  out.target = rest.empty() ? std::string_view("/") : rest;
  return true;
}

bool TakeRequestLine(std::string_view request, LogLine& out) noexcept {
  const std::size_t space = request.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view method = request.substr(0, space);
  std::string_view target = request.substr(space + 1);
  const std::size_t last = target.rfind(' ');
  if (last != std::string_view::npos && target.substr(last + 1).starts_with("HTTP/")) {
    target = target.substr(0, last);
  }
  if (!IsMethod(method) || method == "CONNECT" || method == "PRI") return false;
  out.method = method;
  return TakeTarget(target, out);
}

std::string_view WithoutPort(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? text : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return text;
  }
  return text.substr(0, colon);
}

}  // namespace stile
