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

}  // namespace stile

#endif  // STILE_CHALLENGE_BASE64URL_AVX2_H_
