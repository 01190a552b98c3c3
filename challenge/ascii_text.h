#ifndef STILE_CHALLENGE_ASCII_TEXT_H_
#define STILE_CHALLENGE_ASCII_TEXT_H_

#include <cstddef>
#include <string_view>

namespace stile {

// How protocol text compares and is cut, whatever the locale: only A to Z have a lower case, and
// only space and tab are blank (RFC 9110 section 5.6.3). Header-only, so that a reader that links
// nothing else of Stile can use it.

[[nodiscard]] constexpr char AsciiLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

[[nodiscard]] constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (AsciiLower(a[i]) != AsciiLower(b[i])) return false;
  }
  return true;
}

// `text` without the blanks around it.
[[nodiscard]] constexpr std::string_view TrimBlanks(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace stile

#endif  // STILE_CHALLENGE_ASCII_TEXT_H_
