#ifndef STILE_ENGINE_SET_COOKIE_H_
#define STILE_ENGINE_SET_COOKIE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/site_options.h"

namespace stile {

// The names that a clearance travels under. Browsers take the first two only with the attributes
// that their prefixes promise, so that a sibling host can't plant one.
inline constexpr std::string_view kHostCookie = "__Host-stile";
inline constexpr std::string_view kDomainCookie = "__Secure-stile";
inline constexpr std::string_view kPlainCookie = "stile";

// One Set-Cookie field (RFC 6265bis). Every part is one that Stile made or its operator configured.
struct SetCookie {
  std::string_view name;
  std::string_view clearance;
  std::string_view other_family;  // A second token; may be empty.
  std::string_view domain;        // Empty: this host alone.
  std::int64_t max_age = 0;       // Seconds.
  bool secure = false;
  SameSite same_site = SameSite::kLax;
};

// Writes the field's value to `out` and returns it; empty if it doesn't fit in `out`, for which 640
// bytes are enough. A cookie that isn't secure is always SameSite=Lax, since browsers drop any
// other; a secure one with SameSite=None is Partitioned.
[[nodiscard]] std::string_view RenderSetCookie(const SetCookie& cookie,
                                               std::span<char> out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_SET_COOKIE_H_
