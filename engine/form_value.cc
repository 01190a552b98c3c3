#include "engine/form_value.h"

#include <cstddef>

namespace stile {
namespace {

int HexDigit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool DecodeFormValue(std::string_view text, std::span<char>& scratch,
                     std::string_view& value) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (size == scratch.size()) return false;
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      if (text.size() - i < 3) return false;
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    scratch[size++] = c;
  }
  value = {scratch.data(), size};
  scratch = scratch.subspan(size);
  return true;
}

}  // namespace stile
