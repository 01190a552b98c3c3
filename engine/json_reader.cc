#include "engine/json_reader.h"

#include <algorithm>

namespace stile {
namespace {

constexpr unsigned kNoPoint = 0xFFFFFFFF;

bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

// What the letter behind a backslash stands for; '\0' for 'u' and for what is no escape.
char EscapedBy(char c) noexcept {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const std::size_t at = kLetters.find(c);
  return at == std::string_view::npos ? '\0' : kMeant[at];
}

// Takes one or more digits.
bool TakeDigits(std::string_view& text) noexcept {
  const std::size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(size);
  return size > 0;
}

bool TakeNumber(std::string_view& text) noexcept {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!TakeDigits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!TakeDigits(text)) return false;
  }
  return true;
}

}  // namespace

char JsonReader::Peek() noexcept {
  left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
  return left_.empty() ? '\0' : left_.front();
}

bool JsonReader::Take(char sign) noexcept {
  if (Peek() != sign || left_.empty()) return false;
  left_.remove_prefix(1);
  return true;
}

bool JsonReader::Put(char c, std::size_t& size) noexcept {
  if (size == scratch_.size()) return false;
  scratch_[size++] = c;
  return true;
}

bool JsonReader::PutCodePoint(unsigned point, std::size_t& size) noexcept {
  const auto put = [this, &size](unsigned byte) { return Put(static_cast<char>(byte), size); };
  const auto put_rest = [point, &put](int shift) { return put(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) return put(0xC0 | point >> 6) && put_rest(0);
  if (point < 0x10000) return put(0xE0 | point >> 12) && put_rest(6) && put_rest(0);
  return put(0xF0 | point >> 18) && put_rest(12) && put_rest(6) && put_rest(0);
}

bool JsonReader::TakeUnit(unsigned& unit) noexcept {
  if (left_.size() < 4) return false;
  unit = 0;
  for (const char c : left_.substr(0, 4)) {
    const bool is_letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!IsDigit(c) && !is_letter) return false;
    unit = unit << 4 | static_cast<unsigned>(IsDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  left_.remove_prefix(4);
  return true;
}

// What follows a backslash.
bool JsonReader::TakeEscape(std::size_t& size) noexcept {
  if (left_.empty()) return false;
  const char letter = left_.front();
  left_.remove_prefix(1);
  if (letter != 'u') {
    const char meant = EscapedBy(letter);
    return meant != '\0' && Put(meant, size);
  }
  unsigned point = kNoPoint;
  if (!TakeUnit(point) || (point >= 0xDC00 && point < 0xE000)) return false;
  if (point >= 0xD800 && point < 0xDC00) {
    unsigned low = kNoPoint;
    if (!left_.starts_with("\\u")) return false;
    left_.remove_prefix(2);
    if (!TakeUnit(low) || low < 0xDC00 || low >= 0xE000) return false;
    point = 0x10000 + ((point - 0xD800) << 10 | (low - 0xDC00));
  }
  return PutCodePoint(point, size);
}

bool JsonReader::TakeString(std::string_view& value) noexcept {
  if (!Take('"')) return false;
  const std::string_view whole = left_;
  std::size_t size = 0;     // Of what was decoded.
  bool is_escaped = false;  // Then all that came so far lies in scratch_.
  while (!left_.empty()) {
    const char c = left_.front();
    left_.remove_prefix(1);
    const std::size_t taken = whole.size() - left_.size();
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c == '"') {
      value = is_escaped ? std::string_view(scratch_.data(), size) : whole.substr(0, taken - 1);
      if (is_escaped) scratch_ = scratch_.subspan(size);
      return true;
    }
    if (c == '\\') {
      if (!is_escaped) {
        is_escaped = true;
        for (const char before : whole.substr(0, taken - 1)) {
          if (!Put(before, size)) return false;
        }
      }
      if (!TakeEscape(size)) return false;
    } else if (is_escaped && !Put(c, size)) {
      return false;
    }
  }
  return false;
}

bool JsonReader::SkipScalar() noexcept {
  for (const std::string_view word : {"true", "false", "null"}) {
    if (!left_.starts_with(word)) continue;
    left_.remove_prefix(word.size());
    return true;
  }
  return TakeNumber(left_);
}

bool JsonReader::SkipValue(int depth) noexcept {
  const char open = Peek();
  if (open == '"') {
    const std::span<char> before = scratch_;
    std::string_view text;
    if (!TakeString(text)) return false;
    scratch_ = before;
    return true;
  }
  if (open != '{' && open != '[') return SkipScalar();
  if (depth == kMaxDepth || !Take(open)) return false;
  const char close = open == '{' ? '}' : ']';
  if (Peek() == close) return Take(close);
  for (;;) {
    if (open == '{' && (Peek() != '"' || !SkipValue(depth) || !Take(':'))) return false;
    if (!SkipValue(depth + 1)) return false;
    if (Peek() == close) return Take(close);
    if (!Take(',')) return false;
  }
}

}  // namespace stile
