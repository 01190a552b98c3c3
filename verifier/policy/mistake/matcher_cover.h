#ifndef STILE_VERIFIER_POLICY_MISTAKE_MATCHER_COVER_H_
#define STILE_VERIFIER_POLICY_MISTAKE_MATCHER_COVER_H_

#include "verifier/policy/index/reading.h"
#include "verifier/policy/matchers.h"

namespace stile {

// True only if every request that `narrow` matches is matched by `wide` too, each in its reading.
// False where that is not sure.
[[nodiscard]] bool Covers(const Matchers& wide, Reading wide_reading, const Matchers& narrow,
                          Reading narrow_reading);

// True if it may be that neither yes nor no comes out because something gave up: there is a regular
// expression, or a comparison of a text that may be too long.
[[nodiscard]] bool MayGiveUp(const Matchers& matchers);

// True if the answer to every matcher is always known: there are host, path, method, user_agent and
// rank only.
[[nodiscard]] bool IsAlwaysKnown(const Matchers& matchers);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_MISTAKE_MATCHER_COVER_H_
