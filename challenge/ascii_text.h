#ifndef STILE_CHALLENGE_ASCII_TEXT_H_
#define STILE_CHALLENGE_ASCII_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
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

// Eight bytes of ASCII with its capitals made small; bytes from 0x80 on stay as they are.
[[nodiscard]] constexpr std::uint64_t LowerBytes(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  // Bit 7 of a byte: it is at least 'A', it is above 'Z'. Neither sum carries into the next byte.
  const std::uint64_t low = bytes & (0x7F * kOnes);
  const std::uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const std::uint64_t above_z = low + (0x7F - 'Z') * kOnes;
  const std::uint64_t capital = (from_a ^ above_z) & ~bytes & (0x80 * kOnes);
  return bytes | capital >> 2;
}

// The same where `lower` is in lower case; faster for names of some length.
[[nodiscard]] inline bool EqualsLower(std::string_view name, std::string_view lower) noexcept {
  if (name.size() != lower.size()) return false;
  std::size_t at = 0;
  for (; name.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t ours;
    std::uint64_t theirs;
    std::memcpy(&ours, name.data() + at, sizeof(ours));
    std::memcpy(&theirs, lower.data() + at, sizeof(theirs));
    if (LowerBytes(ours) != theirs) return false;
  }
  for (; at < name.size(); ++at) {
    const char c = name[at];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[at]) return false;
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
