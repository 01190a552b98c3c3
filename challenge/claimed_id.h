#ifndef STILE_CHALLENGE_CLAIMED_ID_H_
#define STILE_CHALLENGE_CLAIMED_ID_H_

#include <string_view>

#include "challenge/clearance.h"

namespace stile {

// Returns false if `text` is no well-formed clearance; else the id that it claims is in `id`, and
// nobody has checked it. For who has to know a client again, and not whether it may pass.
[[nodiscard]] bool ReadClaimedId(std::string_view text, TokenId& id) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_CLAIMED_ID_H_
