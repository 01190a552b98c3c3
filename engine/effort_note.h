#ifndef STILE_ENGINE_EFFORT_NOTE_H_
#define STILE_ENGINE_EFFORT_NOTE_H_

#include "challenge/unix_millis.h"
#include "engine/site.h"
#include "verifier/redeemer.h"
#include "verifier/request.h"

namespace stile {

// Tells the site's effort control of `redemption`, if it is valid and the first of its solution:
// who redeemed, and the price at which the challenge was issued. What the client paid for its own
// reasons, such as roaming, is not part of that.
void NoteRedemption(const Site& site, const Request& request, const Redemption& redemption,
                    UnixMillis now) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_EFFORT_NOTE_H_
