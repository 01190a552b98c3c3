#ifndef STILE_ENGINE_REDEEM_ANSWER_H_
#define STILE_ENGINE_REDEEM_ANSWER_H_

#include <string_view>

#include "engine/exchange.h"

namespace stile {

// POST <prefix>/redeem. In order, each refusal without a cookie and with the same opaque reason:
//
//   1 a media type that isn't taken -> 415
//   2 sent by another origin -> 403
//   3 a body that can't be read -> 400
//   4 the redeemer's verdict: limited -> 429 with Retry-After; anything but valid -> 403
//   5 a clearance that is over already -> 403
//   6 a form -> 303 to the return path of the challenge, JSON -> 200; one Set-Cookie
//
// A refused form gets the page again: with the same challenge and the seconds left if it came too
// early or is limited, so that no clock starts over, else with a fresh challenge. Refused JSON gets
// the address of a fresh challenge in Stile-Challenge.
//
// Where line 4 hangs on a check that is done elsewhere, nothing is answered or counted until it is:
// see Engine::Respond.
void AnswerRedeemEndpoint(Exchange& exchange, std::string_view body) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_REDEEM_ANSWER_H_
