#include "challenge/solution.h"

#include <algorithm>
#include <optional>
#include <span>

#include "challenge/base64url.h"
#include "challenge/token_fields.h"

namespace stile {

static_assert(Base64UrlLength(Solution::kMaxSize) == Solution::kMaxTextSize);

bool ParseSolution(std::string_view text, Solution& out) noexcept {
  if (text.size() > Solution::kMaxTextSize) return false;
  std::array<std::uint8_t, Solution::kMaxSize> bytes;
  const std::optional<std::size_t> size = DecodeBase64Url(text, bytes);
  if (!size.has_value() || *size < 2) return false;
  const std::size_t parts = bytes[1];
  if (parts > kMaxParts || *size != 2 + 8 * parts) return false;
  out.alternative = bytes[0];
  out.parts = bytes[1];
  for (std::size_t i = 0; i < parts; ++i) out.nonces[i] = LoadU64(bytes.data() + 2 + 8 * i);
  return true;
}

std::string FormatSolution(const Solution& solution) {
  std::array<std::uint8_t, Solution::kMaxSize> bytes;
  const std::uint8_t parts = std::min(solution.parts, kMaxParts);
  bytes[0] = solution.alternative;
  bytes[1] = parts;
  for (std::size_t i = 0; i < parts; ++i) StoreU64(bytes.data() + 2 + 8 * i, solution.nonces[i]);
  return EncodeBase64Url({bytes.data(), 2 + std::size_t{8} * parts});
}

}  // namespace stile
