#ifndef STILE_CHALLENGE_HMAC_KEY_H_
#define STILE_CHALLENGE_HMAC_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "challenge/sha256.h"

namespace stile {

// The end of a token: HMAC-SHA-256 cut to its first 128 bits. Has no operator== on purpose.
struct Tag {
  static constexpr std::size_t kSize = 16;
  std::array<std::uint8_t, kSize> bytes{};
};

// Takes the same time wherever the two differ.
[[nodiscard]] bool EqualInConstantTime(const Tag& a, const Tag& b) noexcept;

// A message of up to 55 bytes in place at the start of a block, with the padding that SHA-256 gives
// it behind a key's pad: what a MAC is computed of without a copy.
using MacBlock = std::span<std::uint8_t, kSha256Block>;
inline constexpr std::size_t kMaxMacBlockMessage = kSha256Block - 9;

// Writes the padding after the first `size` bytes of `block`. `size` is at most
// kMaxMacBlockMessage.
inline void PadMacBlock(MacBlock block, std::size_t size) noexcept {
  const std::size_t bits = (kSha256Block + size) * 8;
  block[size] = 0x80;
  std::memset(block.data() + size + 1, 0, kSha256Block - 3 - size);
  block[kSha256Block - 2] = static_cast<std::uint8_t>(bits >> 8);
  block[kSha256Block - 1] = static_cast<std::uint8_t>(bits & 0xFF);
}

// An HMAC-SHA-256 key (RFC 2104) with both pads already folded in, so that a MAC over at most 55
// bytes costs two compressions. Wiped when it goes out of use. Immutable; safe to share.
class HmacKey {
 public:
  // The whole MAC. The second half never leaves the process and may serve as a secret that
  // belongs to one token.
  struct Mac {
    Tag tag;
    std::array<std::uint8_t, 16> rest;
  };

  // A key of any length; RFC 2104 hashes one that is longer than 64 bytes.
  explicit HmacKey(std::span<const std::uint8_t> key) noexcept;
  HmacKey(const HmacKey&) = default;
  HmacKey& operator=(const HmacKey&) = default;
  ~HmacKey();

  [[nodiscard]] Mac Compute(std::span<const std::uint8_t> message) const noexcept;
  [[nodiscard]] Tag ComputeTag(std::span<const std::uint8_t> message) const noexcept {
    return Compute(message).tag;
  }
  // True if `claimed` is the tag of the message that PadMacBlock has padded in `block`. The fastest
  // way to check one.
  [[nodiscard]] bool Authenticates(std::span<const std::uint8_t, kSha256Block> block,
                                   const Tag& claimed) const noexcept;
  // The same, with the UserAgentClass of `user_agent`, whatever the answer: the CPU has time for it
  // while one round of the MAC waits for another.
  struct Answer {
    std::uint32_t user_agent_class;
    bool authentic;
  };
  [[nodiscard]] Answer AuthenticateBeside(std::span<const std::uint8_t, kSha256Block> block,
                                          const Tag& claimed,
                                          std::string_view user_agent) const noexcept;
  // Authenticates for many at once, side by side: sets `authentic` of each. `block` is 64 bytes. At
  // most kMaxSha256Lanes; any past them are not authentic.
  struct Claim {
    const HmacKey* key;
    const std::uint8_t* block;
    const Tag* claimed;
    bool authentic;
  };
  static void AuthenticateEach(std::span<Claim> claims) noexcept;
  [[nodiscard]] Sha256Digest ComputeDigest(std::span<const std::uint8_t> message) const noexcept;

 private:
  [[nodiscard]] Sha256Digest DigestOfLong(std::span<const std::uint8_t> message) const noexcept;

  Sha256State inner_;
  Sha256State outer_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_HMAC_KEY_H_
