#ifndef STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_
#define STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_

#include <cstddef>

#include "challenge/user_agent_halves.h"

namespace stile {

// The halves of a text of at least 32 bytes, which are all looked at. Call it only where the CPU
// has AVX2.
[[nodiscard]] UserAgentHalves HalvesOfUserAgentAvx2(const char* text, std::size_t length) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_USER_AGENT_CLASS_AVX2_H_
