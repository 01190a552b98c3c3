#ifndef STILE_CHALLENGE_HKDF_H_
#define STILE_CHALLENGE_HKDF_H_

#include <cstdint>
#include <span>

#include "challenge/hmac_key.h"
#include "challenge/sha256.h"

namespace stile {

// HKDF-SHA-256 (RFC 5869), as far as docs/wire-format.md needs it. Results are secrets: wipe them.

// Returns the pseudorandom key that HKDF-Extract makes of `input_key`.
[[nodiscard]] Sha256Digest HkdfExtract(std::span<const std::uint8_t> salt,
                                       std::span<const std::uint8_t> input_key) noexcept;

inline constexpr std::size_t kMaxHkdfInfo = 128;

// Returns the first 32 bytes of HKDF-Expand under the pseudorandom key `prk`. `info` has at most
// kMaxHkdfInfo bytes; what comes after them is not read.
[[nodiscard]] Sha256Digest HkdfExpand(const HmacKey& prk,
                                      std::span<const std::uint8_t> info) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_HKDF_H_
