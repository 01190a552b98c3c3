#ifndef STILE_CHALLENGE_BASE64URL_H_
#define STILE_CHALLENGE_BASE64URL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "challenge/hmac_key.h"

namespace stile {

// base64url without padding (RFC 4648 section 5), canonical spelling only: every byte string has
// exactly one text, and every other text is refused.

// Returns how many characters `bytes` bytes take.
[[nodiscard]] constexpr std::size_t Base64UrlLength(std::size_t bytes) noexcept {
  return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
}

// Returns how many bytes `characters` characters hold; meaningless if characters % 4 == 1.
[[nodiscard]] constexpr std::size_t Base64UrlDecodedLength(std::size_t characters) noexcept {
  return characters / 4 * 3 + (characters % 4 == 0 ? 0 : characters % 4 - 1);
}

// Writes the text of `bytes` to `out` and returns its length, which is
// Base64UrlLength(bytes.size()). Writes nothing and returns 0 if `out` is shorter than that.
std::size_t EncodeBase64Url(std::span<const std::uint8_t> bytes, std::span<char> out) noexcept;

// The same, as a string. Allocates.
[[nodiscard]] std::string EncodeBase64Url(std::span<const std::uint8_t> bytes);

// Writes the bytes of `text` to `out` and returns how many there are. Returns nullopt, with
// unspecified bytes in `out`, if the text is not canonical or `out` is too short. Takes 32
// characters at a time where the CPU can (chosen once, at load time).
[[nodiscard]] std::optional<std::size_t> DecodeBase64Url(std::string_view text,
                                                         std::span<std::uint8_t> out) noexcept;

// The portable version of the same, for tests and for other CPUs.
[[nodiscard]] std::optional<std::size_t> DecodeBase64UrlPortable(
    std::string_view text, std::span<std::uint8_t> out) noexcept;

// A body of 53 bytes and the 16 of its tag, as the 92 characters of a clearance hold them.
inline constexpr std::size_t kSignedBlockText = 92;

// Writes the body to `block`, with the padding behind it that PadMacBlock gives it, and the tag to
// `tag`. Returns false, with unspecified bytes in both, if the text is not canonical.
[[nodiscard]] bool DecodeSignedBlock(std::span<const char, kSignedBlockText> text, MacBlock block,
                                     Tag& tag) noexcept;
[[nodiscard]] bool DecodeSignedBlockPortable(std::span<const char, kSignedBlockText> text,
                                             MacBlock block, Tag& tag) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BASE64URL_H_
