#ifndef STILE_VERIFIER_POLICY_HEX_DIGEST_H_
#define STILE_VERIFIER_POLICY_HEX_DIGEST_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "challenge/sha256.h"

namespace stile {

// Returns a digest as 64 hex digits.
[[nodiscard]] inline std::string HexOf(const Sha256Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Returns the SHA-256 of `text` as 64 hex digits.
[[nodiscard]] inline std::string HexDigestOf(std::string_view text) {
  return HexOf(Sha256(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())));
}

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_HEX_DIGEST_H_
