#ifndef STILE_CHALLENGE_HMAC_KEY_H_
#define STILE_CHALLENGE_HMAC_KEY_H_

#include <array>
#include <cstdint>
#include <span>

#include "challenge/sha256.h"

namespace stile {

// The end of a token: HMAC-SHA-256 cut to its first 128 bits. Has no operator== on purpose.
struct Tag {
  static constexpr std::size_t kSize = 16;
  std::array<std::uint8_t, kSize> bytes{};
};

// Takes the same time wherever the two differ.
[[nodiscard]] bool EqualInConstantTime(const Tag& a, const Tag& b) noexcept;

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
  [[nodiscard]] Sha256Digest ComputeDigest(std::span<const std::uint8_t> message) const noexcept;

 private:
  // The hash state whose words are the MAC.
  [[nodiscard]] Sha256State Fold(std::span<const std::uint8_t> message) const noexcept;

  Sha256State inner_;
  Sha256State outer_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_HMAC_KEY_H_
