#include "verifier/agents/reverse_name_mask.h"

#include <algorithm>
#include <cstddef>

namespace stile {
namespace {

constexpr std::size_t kMaxName = 253;

char Lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool SameText(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char left, char right) { return Lower(left) == Lower(right); });
}

bool IsNameByte(char c) noexcept {
  return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// `name` without the root's dot.
bool IsName(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMaxName) return false;
  char before = '.';
  for (const char c : name) {
    if (c == '.' ? before == '.' : !IsNameByte(c)) return false;
    before = c;
  }
  return before != '.';
}

std::string_view WithoutRoot(std::string_view name) noexcept {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

// Stars stand for any bytes. Goes back to the last star alone, so it is linear in the product.
bool MatchesLabel(std::string_view mask, std::string_view label) noexcept {
  std::size_t m = 0;
  std::size_t l = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after = 0;  // Where the label went on behind the star.
  while (l < label.size()) {
    if (m < mask.size() && mask[m] == '*') {
      star = m++;
      after = l;
    } else if (m < mask.size() && Lower(mask[m]) == Lower(label[l])) {
      ++m;
      ++l;
    } else if (star != std::string_view::npos) {
      m = star + 1;
      l = ++after;
    } else {
      return false;
    }
  }
  return std::all_of(mask.begin() + static_cast<std::ptrdiff_t>(m), mask.end(),
                     [](char c) { return c == '*'; });
}

}  // namespace

bool MatchesReverseName(std::string_view mask, std::string_view name) noexcept {
  mask = WithoutRoot(mask);
  name = WithoutRoot(name);
  if (!IsName(name)) return false;
  if (mask.starts_with("*.")) {
    const std::string_view below = mask.substr(1);  // With its dot.
    return name.size() > below.size() && SameText(name.substr(name.size() - below.size()), below);
  }
  const std::size_t mask_dot = std::min(mask.find('.'), mask.size());
  const std::size_t name_dot = std::min(name.find('.'), name.size());
  return SameText(mask.substr(mask_dot), name.substr(name_dot)) &&
         MatchesLabel(mask.substr(0, mask_dot), name.substr(0, name_dot));
}

}  // namespace stile
