#ifndef STILE_CHALLENGE_CLEARANCE_MAC_NI_H_
#define STILE_CHALLENGE_CLEARANCE_MAC_NI_H_

#include <cstddef>
#include <cstdint>

namespace stile {

inline constexpr std::size_t kMinUserAgentNi = 16;

struct MacBesideAgent {
  std::uint32_t user_agent_class;
  bool authentic;
};

// Checks an HMAC over one padded block, as Sha256NestedNi computes it from the same states, against
// the first 16 bytes of it in `tag`, in the same time wherever they differ; and works out the class
// of the user agent, of `length` bytes that are all looked at and at least kMinUserAgentNi of them.
//
// The rounds of a compression wait for each other, so that the CPU has time left: what makes up the
// class is placed between the two, where it costs next to nothing. Call it only where the CPU has
// the SHA extensions.
[[nodiscard]] MacBesideAgent AuthenticateNi(const std::uint32_t* inner, const std::uint32_t* outer,
                                            const std::uint8_t* block, const std::uint8_t* tag,
                                            const char* user_agent, std::size_t length) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_CLEARANCE_MAC_NI_H_
