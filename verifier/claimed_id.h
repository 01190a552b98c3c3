#ifndef STILE_VERIFIER_CLAIMED_ID_H_
#define STILE_VERIFIER_CLAIMED_ID_H_

#include <string_view>

#include "challenge/clearance.h"
#include "verifier/request.h"

namespace stile {

// Writes the id that the first well-formed clearance in the request's cookies of this name claims,
// believed or not; of a value that holds two it looks at the first. Returns false if there is none
// in the first four. Looks at each Cookie field once, and allocates nothing.
[[nodiscard]] bool FindClaimedId(const Request& request, std::string_view cookie_name,
                                 TokenId& id) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_CLAIMED_ID_H_
