#include "challenge/hkdf.h"

#include <algorithm>
#include <array>

namespace stile {

Sha256Digest HkdfExtract(std::span<const std::uint8_t> salt,
                         std::span<const std::uint8_t> input_key) noexcept {
  return HmacKey(salt).ComputeDigest(input_key);
}

Sha256Digest HkdfExpand(const HmacKey& prk, std::span<const std::uint8_t> info) noexcept {
  std::array<std::uint8_t, kMaxHkdfInfo + 1> input;
  const std::size_t size = std::min(info.size(), kMaxHkdfInfo);
  std::copy_n(info.begin(), size, input.begin());
  input[size] = 1;  // The number of the block; one block is all that is needed.
  return prk.ComputeDigest({input.data(), size + 1});
}

}  // namespace stile
