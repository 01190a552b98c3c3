#include "challenge/toml_plain_text.h"

#include <cstddef>

namespace stile {
namespace {

// Where the string that begins at `at`, with a quote, has its end: one past its last quote, or at
// the line's end where a string of one line has none.
std::size_t EndOfString(std::string_view text, std::size_t at) noexcept {
  const char quote = text[at];
  const bool escapes = quote == '"';
  const bool of_many_lines = text.substr(at, 3) == (escapes ? R"(""")" : "'''");
  std::size_t i = at + (of_many_lines ? 3 : 1);
  while (i < text.size()) {
    const char c = text[i];
    if (escapes && c == '\\') {
      i += 2;
      continue;
    }
    if (!of_many_lines && (c == quote || c == '\n')) return c == quote ? i + 1 : i;
    if (of_many_lines && text.substr(i, 3) == text.substr(at, 3)) {
      i += 3;
      // Up to two quotes may stand right before the closing three.
      for (int more = 0; more < 2 && i < text.size() && text[i] == quote; ++more) ++i;
      return i;
    }
    ++i;
  }
  return text.size();
}

TextPlace PlaceOf(std::string_view text, std::size_t at) noexcept {
  TextPlace place;
  for (const char c : text.substr(0, at)) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

}  // namespace

std::optional<TextPlace> FindUnquotedNonAscii(std::string_view text) noexcept {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (i < text.size()) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) > 0x7E) return PlaceOf(text, i);
    if (c == '#') {
      i = text.find('\n', i);
      if (i == std::string_view::npos) break;
    } else if (c == '"' || c == '\'') {
      i = EndOfString(text, i);
    } else {
      ++i;
    }
  }
  return std::nullopt;
}

std::optional<TextPlace> FindDeepNesting(std::string_view text) noexcept {
  std::size_t depth = 0;  // Brackets and braces that are open.
  std::size_t parts = 0;  // Dots since a key may have begun.
  for (std::size_t i = 0; i < text.size();) {
    switch (text[i]) {
      case '#':
        i = text.find('\n', i);
        if (i == std::string_view::npos) return std::nullopt;
        continue;
      case '"':
      case '\'':
        i = EndOfString(text, i);
        continue;
      case '[':
      case '{':
        ++depth;
        parts = 0;
        break;
      case ']':
      case '}':
        if (depth > 0) --depth;
        parts = 0;
        break;
      case '.':
        ++parts;
        break;
      case '\n':
      case ',':
      case '=':
        parts = 0;
        break;
      default:
        break;
    }
    if (depth > kMaxTomlDepth || parts >= kMaxTomlDepth) return PlaceOf(text, i);
    ++i;
  }
  return std::nullopt;
}

}  // namespace stile
