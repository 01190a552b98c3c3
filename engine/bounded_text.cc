#include "engine/bounded_text.h"

#include <array>
#include <charconv>
#include <cstring>

namespace stile {
namespace {

bool NeedsEscape(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
}

}  // namespace

BoundedText& BoundedText::Add(std::string_view piece) noexcept {
  if (!complete_ || piece.size() > out_.size() - size_) {
    complete_ = false;
    return *this;
  }
  if (!piece.empty()) std::memcpy(out_.data() + size_, piece.data(), piece.size());
  size_ += piece.size();
  return *this;
}

BoundedText& BoundedText::AddNumber(std::uint64_t number) noexcept {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return Add({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
}

BoundedText& BoundedText::AddJson(std::string_view text) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  Add("\"");
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && !NeedsEscape(text[plain])) ++plain;
    Add(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::array<char, 6> escape = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    Add({escape.data(), escape.size()});
    text.remove_prefix(1);
  }
  return Add("\"");
}

}  // namespace stile
