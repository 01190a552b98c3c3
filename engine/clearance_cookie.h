#ifndef STILE_ENGINE_CLEARANCE_COOKIE_H_
#define STILE_ENGINE_CLEARANCE_COOKIE_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "challenge/clearance.h"
#include "challenge/unix_millis.h"
#include "engine/site.h"
#include "verifier/clearance_check.h"
#include "verifier/request.h"

namespace stile {

// A clearance on its way to the client that `request` came from.
struct ClearanceCookie {
  ClearanceText text{};
  std::uint32_t expires_at = 0;  // Of the clearance.
  // Text of a clearance of the client's other address family, which it keeps; may be empty.
  std::string_view other_family;
};

// Writes the Set-Cookie value with which `site` answers `request` to `out` and returns it; empty if
// it doesn't fit, which no configuration makes it do in 640 bytes. A browser keeps the cookie for
// as long as either token counts for anything: to its expiry and the grace for unsafe methods.
[[nodiscard]] std::string_view WriteClearanceCookie(const Site& site, const Request& request,
                                                    const ClearanceCookie& cookie, UnixMillis now,
                                                    std::span<char> out) noexcept;

// The same for a later edition of the valid clearance in `finding`: of the same issue, with the
// expiry that the site's renewal gives it, under the key that signed it. Empty if it is not due, or
// if that key signs no more.
[[nodiscard]] std::string_view WriteRenewedCookie(const Site& site, const Request& request,
                                                  const ClearanceFinding& finding, UnixMillis now,
                                                  std::span<char> out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_CLEARANCE_COOKIE_H_
