#ifndef STILE_CHALLENGE_USER_AGENT_HALVES_H_
#define STILE_CHALLENGE_USER_AGENT_HALVES_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// What every version of the user-agent class is made of; docs/wire-format.md. Its functions are
// local to the translation unit that includes them: some of those have instructions that the CPU
// may lack.

inline constexpr std::uint64_t kUserAgentStartA = 0x9E3779B97F4A7C15U;
inline constexpr std::uint64_t kUserAgentStartB = 0xC2B2AE3D27D4EB4FU;
inline constexpr std::uint64_t kUserAgentMulA = 0x9FB21C651E98DF25U;
inline constexpr std::uint64_t kUserAgentMulB = 0xD6E8FEB86659FD93U;

inline constexpr std::size_t kMaxUserAgent = 512;

// The two halves of a user-agent class before they become one.
struct UserAgentHalves {
  std::uint64_t a;
  std::uint64_t b;
};

namespace {

inline std::uint64_t RotatedLeft(std::uint64_t x, int bits) noexcept {
  return x << bits | x >> (64 - bits);
}

inline UserAgentHalves StartOfUserAgent(std::size_t length) noexcept {
  return {kUserAgentStartA ^ length, kUserAgentStartB};
}

// Mixes in 16 bytes, whose digits are erased.
inline void MixUserAgent(UserAgentHalves& halves, std::uint64_t first,
                         std::uint64_t second) noexcept {
  halves.a = RotatedLeft(halves.a ^ first, 29) * kUserAgentMulA;
  halves.b = RotatedLeft(halves.b ^ second, 31) * kUserAgentMulB;
}

inline std::uint32_t JoinUserAgent(UserAgentHalves halves) noexcept {
  std::uint64_t h = halves.a ^ RotatedLeft(halves.b, 32);
  h = (h ^ (h >> 32)) * kUserAgentMulA;
  return static_cast<std::uint32_t>(h ^ (h >> 29));
}

}  // namespace
}  // namespace stile

#endif  // STILE_CHALLENGE_USER_AGENT_HALVES_H_
