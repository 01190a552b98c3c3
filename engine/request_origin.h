#ifndef STILE_ENGINE_REQUEST_ORIGIN_H_
#define STILE_ENGINE_REQUEST_ORIGIN_H_

#include "verifier/request.h"

namespace stile {

// False if a browser says that another site made it send `request`: the Origin field is there and
// does not name the request's own host. Programs send no Origin, and their requests are their own.
//
// A stranger's page that could post to the redeem endpoint would plant its own clearance in a
// visitor's browser, so that the visitor spends from the stranger's budget or is limited with it,
// would choose where the visitor goes next, and would use up the waits of the visitor's network.
//
// The port isn't compared, since a request doesn't carry the one that its client saw, and neither
// is the scheme, which only a trusted peer knows. An opaque origin ("null") is refused: the page's
// own referrer policy makes browsers send the real one.
[[nodiscard]] bool IsFromOwnOrigin(const Request& request) noexcept;

// The same, where nothing but a page of the request's own origin has any business: a browser that
// says where a request comes from (Sec-Fetch-Site) must call it same-origin. A subdomain is another
// site, and so is what a person typed.
[[nodiscard]] bool IsFromOwnPage(const Request& request) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_REQUEST_ORIGIN_H_
