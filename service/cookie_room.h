#ifndef STILE_SERVICE_COOKIE_ROOM_H_
#define STILE_SERVICE_COOKIE_ROOM_H_

#include <cstdint>

#include "service/response_head.h"

namespace stile {

// Whether a cookie for one client may be added to a response of the origin. No cache may keep it
// for another client.
enum class CookieRoom : std::uint8_t {
  kNone = 0,           // No: a shared cache may keep the response, or it is no response of its own.
  kPrivate = 1,        // Yes: it says itself that no shared cache keeps it.
  kIfMadePrivate = 2,  // Yes, together with Cache-Control: private.
};

// Judges a response by RFC 9111 section 3, on the side of caution:
//   1 interim, 101 or 304 -> none
//   2 a field by which some cache is told apart (CDN-Cache-Control and its kin, Surrogate-Control,
//     X-Accel-Expires) -> none
//   3 Cache-Control has public or s-maxage -> none, whatever stands beside it
//   4 it has private or no-store, for the whole response -> private
//   5 it has no-cache, for the whole response -> if made private, since a cache may keep it and
//   serve
//     it again once the origin has said 304
//   6 it has max-age other than 0, or no max-age and there is Expires -> none
//   7 nothing says how long it is fresh: a cache may guess -> if made private
// A qualified directive (private="Set-Cookie") speaks of fields alone and counts for nothing.
[[nodiscard]] CookieRoom CookieRoomOf(const ResponseHead& head) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_COOKIE_ROOM_H_
