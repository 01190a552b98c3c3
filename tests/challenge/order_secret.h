#ifndef STILE_TESTS_CHALLENGE_ORDER_SECRET_H_
#define STILE_TESTS_CHALLENGE_ORDER_SECRET_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace stile {

using OrderSecret = std::array<std::uint8_t, 16>;

// Big-endian, the start's number and then the stride's.
inline OrderSecret SecretOf(std::uint64_t start, std::uint64_t stride) {
  OrderSecret secret;
  for (int i = 0; i < 8; ++i) {
    secret[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(start >> (56 - 8 * i));
    secret[static_cast<std::size_t>(i) + 8] = static_cast<std::uint8_t>(stride >> (56 - 8 * i));
  }
  return secret;
}

}  // namespace stile

#endif  // STILE_TESTS_CHALLENGE_ORDER_SECRET_H_
