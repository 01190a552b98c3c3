#include "verifier/policy/text/json_scanner.h"

#include <array>
#include <optional>
#include <utility>

namespace stile {
namespace {

bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

std::optional<unsigned> HexDigit(char c) noexcept {
  if (IsDigit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// Appends a code unit as UTF-8. Halves of a surrogate pair stay what they are: nothing that is
// compared here has any.
void AppendCodeUnit(unsigned unit, std::string& out) {
  if (unit < 0x80) {
    out += static_cast<char>(unit);
    return;
  }
  if (unit < 0x800) {
    out += static_cast<char>(0xC0 | unit >> 6);
  } else {
    out += static_cast<char>(0xE0 | unit >> 12);
    out += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
  }
  out += static_cast<char>(0x80 | (unit & 0x3F));
}

}  // namespace

bool JsonScanner::Fail(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

char JsonScanner::Peek() noexcept {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool JsonScanner::Take(char sign) {
  if (Peek() != sign || at_ == text_.size()) {
    return Fail(std::string("a '") + sign + "' is missing here");
  }
  ++at_;
  return true;
}

bool JsonScanner::TakeEnd() {
  static_cast<void>(Peek());
  return at_ == text_.size() || Fail("nothing may follow the list");
}

bool JsonScanner::TakeString(String& string) {
  if (Peek() != '"') return Fail("a text in quotes is missing here");
  string.offset = at_++;
  const std::size_t begin = at_;
  bool is_escaped = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      string.text = is_escaped ? std::string_view(unescaped_) : text_.substr(begin, at_ - begin);
      ++at_;
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return Fail("a text has a control character");
    if (c == '\\') {
      if (!is_escaped) unescaped_.assign(text_.substr(begin, at_ - begin));
      is_escaped = true;
      if (!TakeEscape()) return false;
    } else if (is_escaped) {
      unescaped_ += c;
    }
  }
  at_ = string.offset;
  return Fail("a text has no closing quote");
}

// At a backslash; leaves `at_` at the last byte of the escape.
bool JsonScanner::TakeEscape() {
  constexpr std::string_view kEscapes = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
  if (const std::size_t which = kEscapes.find(c); which != std::string_view::npos) {
    unescaped_ += kMeanings[which];
    ++at_;
    return true;
  }
  if (c != 'u' || at_ + 5 >= text_.size()) return Fail("a text has an unknown escape");
  unsigned unit = 0;
  for (std::size_t i = at_ + 2; i < at_ + 6; ++i) {
    const auto digit = HexDigit(text_[i]);
    if (!digit) return Fail("a text has an unknown escape");
    unit = unit << 4 | *digit;
  }
  AppendCodeUnit(unit, unescaped_);
  at_ += 5;
  return true;
}

bool JsonScanner::TakeDigits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
  return at_ > begin || Fail("a digit is missing here");
}

bool JsonScanner::TakeNumber() {
  if (text_[at_] == '-') ++at_;
  if (at_ < text_.size() && text_[at_] == '0') {
    ++at_;
  } else if (!TakeDigits()) {
    return false;
  }
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (!TakeDigits()) return false;
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!TakeDigits()) return false;
  }
  return true;
}

bool JsonScanner::TakeScalar() {
  const char c = Peek();
  if (c == '"') {
    String ignored;
    return TakeString(ignored);
  }
  if (c == '-' || IsDigit(c)) return TakeNumber();
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text_.substr(at_, word.size()) != word) continue;
    at_ += word.size();
    return true;
  }
  return Fail("a value is missing here");
}

bool JsonScanner::SkipValue() {
  std::array<bool, kMaxDepth> is_object{};
  std::size_t depth = 0;
  const auto take_name = [this] {
    String ignored;
    return TakeString(ignored) && Take(':');
  };
  for (;;) {
    const char c = Peek();
    if (c == '{' || c == '[') {
      if (depth == kMaxDepth) return Fail("values are nested more than 32 deep");
      if (!Take(c)) return false;
      is_object[depth++] = c == '{';
      if (Peek() != (c == '{' ? '}' : ']')) {
        if (c == '{' && !take_name()) return false;
        continue;
      }
    } else if (!TakeScalar()) {
      return false;
    }
    // A value has ended, or a bracket has opened that closes at once.
    while (depth > 0 && Peek() == (is_object[depth - 1] ? '}' : ']')) {
      if (!Take(Peek())) return false;
      --depth;
    }
    if (depth == 0) return true;
    if (!Take(',') || (is_object[depth - 1] && !take_name())) return false;
  }
}

}  // namespace stile
