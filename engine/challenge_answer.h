#ifndef STILE_ENGINE_CHALLENGE_ANSWER_H_
#define STILE_ENGINE_CHALLENGE_ANSWER_H_

#include <cstdint>

#include "challenge/browser/page.h"
#include "engine/ask.h"
#include "engine/exchange.h"

namespace stile {

// A page with a fresh challenge. `least_wait` is what its wait takes at least, in seconds. Returns
// false, with nothing answered, if no challenge can be issued.
[[nodiscard]] bool AnswerWithChallengePage(Exchange& exchange, std::uint16_t status,
                                           PageNotice notice, Ask ask,
                                           std::uint32_t least_wait = 0) noexcept;

// Instead of the origin's answer: the page for a navigation, else JSON and the address of the
// challenge in Stile-Challenge. Returns false as above.
[[nodiscard]] bool AnswerGated(Exchange& exchange, const Ask& ask) noexcept;

// GET <prefix>/challenge: the page for a navigation, the challenge as JSON for everything else. A
// context that can't be believed counts as none. 503 if no challenge can be issued.
void AnswerChallengeEndpoint(Exchange& exchange) noexcept;

// Adds the Stile-Challenge field, which tells a program where its challenge is. Returns false if
// there is no key for it.
[[nodiscard]] bool AddChallengeAddress(Exchange& exchange, const Ask& ask) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_CHALLENGE_ANSWER_H_
