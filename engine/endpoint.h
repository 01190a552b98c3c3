#ifndef STILE_ENGINE_ENDPOINT_H_
#define STILE_ENGINE_ENDPOINT_H_

#include <cstdint>
#include <string_view>

namespace stile {

// Stile's own addresses, under the public prefix.
enum class Endpoint : std::uint8_t {
  kNone = 0,       // Not under the prefix: the origin's.
  kChallenge = 1,  // <prefix>/challenge
  kRedeem = 2,     // <prefix>/redeem
  kAsset = 3,      // <prefix>/assets/<name>
  kUnknown = 4,    // Under the prefix, and nothing is there.
  kToken = 5,      // <prefix>/token
};

// The endpoint that a request target names. The prefix by itself is kNone: a proxy that sends us
// what lies under it may leave the bare prefix to the origin. So is a path that isn't in normal
// form, whatever it begins with: what the origin's side may read as "/admin" must not go ungated
// because it was written "/.stile/../admin".
[[nodiscard]] Endpoint EndpointOf(std::string_view target, std::string_view prefix) noexcept;

// The last segment of a target that is a kAsset.
[[nodiscard]] std::string_view AssetNameOf(std::string_view target,
                                           std::string_view prefix) noexcept;

// The value of the first query parameter called `c`, as sent; empty if there is none.
[[nodiscard]] std::string_view ContextOf(std::string_view target) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_ENDPOINT_H_
