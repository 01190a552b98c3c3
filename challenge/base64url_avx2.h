#ifndef STILE_CHALLENGE_BASE64URL_AVX2_H_
#define STILE_CHALLENGE_BASE64URL_AVX2_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// Decodes `count` characters of base64url, a multiple of 4 and at least 16 of them, 32 at a time.
// Writes count / 4 * 3 bytes to `out` and returns true if each is in the alphabet. Call it only
// where the CPU has AVX2.
//
// Each 48 bytes are written as three vectors that don't overlap, so that whoever reads 16 bytes at
// a multiple of 16 need not wait for the cache.
[[nodiscard]] bool DecodeBase64UrlAvx2(const char* in, std::size_t count,
                                       std::uint8_t* out) noexcept;

// Decodes the 92 characters of a body of 53 bytes and a tag of 16. Writes the body to `block` with
// the padding that PadMacBlock gives it, 64 bytes in all, and the tag to `tag`, each 16 bytes of
// both as one vector; returns true if each character is in the alphabet. Call it only where the CPU
// has AVX2.
[[nodiscard]] bool DecodeSignedBlockAvx2(const char* in, std::uint8_t* block,
                                         std::uint8_t* tag) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BASE64URL_AVX2_H_
