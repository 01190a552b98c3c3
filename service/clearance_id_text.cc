#include "service/clearance_id_text.h"

#include <cstddef>

namespace stile {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string HexText(std::span<const std::uint8_t> bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string IdText(const TokenId& id) { return HexText(id); }

std::optional<TokenId> ParseIdText(std::string_view text) {
  TokenId id{};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const std::size_t digit = kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    if (digit == std::string_view::npos) return std::nullopt;
    id[i / 2] = static_cast<std::uint8_t>(id[i / 2] << 4 | digit);
  }
  return id;
}

}  // namespace stile
