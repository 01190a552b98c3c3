#ifndef STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_
#define STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_

#include <cstddef>
#include <cstdint>

namespace stile {

inline constexpr std::uint64_t kUserAgentStartA = 0x9E3779B97F4A7C15U;
inline constexpr std::uint64_t kUserAgentStartB = 0xC2B2AE3D27D4EB4FU;
inline constexpr std::uint64_t kUserAgentMulA = 0x9FB21C651E98DF25U;
inline constexpr std::uint64_t kUserAgentMulB = 0xD6E8FEB86659FD93U;

// The two halves of a user-agent class before they become one.
struct UserAgentHalves {
  std::uint64_t a;
  std::uint64_t b;
};

// The halves of a text of at least 32 bytes, which are all looked at. Call it only where the CPU
// has AVX2.
[[nodiscard]] UserAgentHalves HalvesOfUserAgentAvx2(const char* text, std::size_t length) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_
