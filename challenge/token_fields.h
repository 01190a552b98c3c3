#ifndef STILE_CHALLENGE_TOKEN_FIELDS_H_
#define STILE_CHALLENGE_TOKEN_FIELDS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "challenge/binding.h"

namespace stile {

// How tokens spell numbers and bindings: docs/wire-format.md. Big-endian, at any alignment.

inline std::uint16_t LoadU16(const std::uint8_t* p) noexcept {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}

inline std::uint32_t LoadU32(const std::uint8_t* p) noexcept {
  std::uint32_t x = 0;
  std::memcpy(&x, p, sizeof x);
  return std::endian::native == std::endian::little ? __builtin_bswap32(x) : x;
}

inline std::uint64_t LoadU64(const std::uint8_t* p) noexcept {
  std::uint64_t x = 0;
  std::memcpy(&x, p, sizeof x);
  return std::endian::native == std::endian::little ? __builtin_bswap64(x) : x;
}

inline void StoreU16(std::uint8_t* p, std::uint16_t x) noexcept {
  p[0] = static_cast<std::uint8_t>(x >> 8);
  p[1] = static_cast<std::uint8_t>(x);
}

inline void StoreU32(std::uint8_t* p, std::uint32_t x) noexcept {
  if (std::endian::native == std::endian::little) x = __builtin_bswap32(x);
  std::memcpy(p, &x, sizeof x);
}

inline void StoreU64(std::uint8_t* p, std::uint64_t x) noexcept {
  if (std::endian::native == std::endian::little) x = __builtin_bswap64(x);
  std::memcpy(p, &x, sizeof x);
}

// A binding is its parts byte, which each token keeps where it likes, and 14 bytes in a row:
// prefix length, prefix, user-agent class version and class.
inline constexpr std::size_t kBindingSize = 14;

// Writes the one spelling of `binding`: what doesn't bind is written as zeros, unknown parts and
// the bits past the prefix length are left out, and a prefix length past its limit is cut.
inline void StoreBinding(const Binding& binding, std::uint8_t* parts,
                         std::uint8_t* fields) noexcept {
  std::uint8_t bits = binding.parts & Binding::kKnownParts;
  const std::uint8_t limit = (bits & Binding::kIpv6) != 0 ? 64 : 32;
  const std::uint8_t length = binding.prefix_length < limit ? binding.prefix_length : limit;
  if (length == 0) bits &= static_cast<std::uint8_t>(~Binding::kAddress);
  std::memset(fields, 0, kBindingSize);
  if ((bits & Binding::kAddress) != 0) {
    fields[0] = length;
    StoreU64(fields + 1, binding.prefix & ~std::uint64_t{0} << (64 - length));
  }
  if ((bits & Binding::kUserAgent) != 0) {
    fields[9] = binding.user_agent_class_version;
    StoreU32(fields + 10, binding.user_agent_class);
  }
  *parts = bits;
}

[[nodiscard]] inline Binding LoadBinding(std::uint8_t parts, const std::uint8_t* fields) noexcept {
  Binding binding;
  binding.parts = parts;
  binding.prefix_length = fields[0];
  binding.prefix = LoadU64(fields + 1);
  binding.user_agent_class_version = fields[9];
  binding.user_agent_class = LoadU32(fields + 10);
  return binding;
}

// True if `parts` holds no bit that this version doesn't know. What else a binding claims is left
// to the MAC, and to Binding::Matches.
[[nodiscard]] inline bool HasKnownParts(std::uint8_t parts) noexcept {
  return (parts & ~Binding::kKnownParts) == 0;
}

}  // namespace stile

#endif  // STILE_CHALLENGE_TOKEN_FIELDS_H_
