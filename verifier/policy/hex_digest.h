#ifndef STILE_VERIFIER_POLICY_HEX_DIGEST_H_
#define STILE_VERIFIER_POLICY_HEX_DIGEST_H_

#include <cstdint>
#include <string>

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

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_HEX_DIGEST_H_
