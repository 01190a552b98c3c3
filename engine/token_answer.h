#ifndef STILE_ENGINE_TOKEN_ANSWER_H_
#define STILE_ENGINE_TOKEN_ANSWER_H_

#include <cstdint>
#include <string_view>

#include "engine/exchange.h"
#include "verifier/spend_store.h"

namespace stile {

// How long a response token is good for.
inline constexpr std::uint32_t kResponseTokenSeconds = 300;

// POST <prefix>/token: sells a response token to a visitor with a clearance. In order:
//
//   1 the site has no backend that may ask about tokens -> 404
//   2 a media type other than application/json -> 415
//   3 sent by another origin, or not by a page of this one -> 403
//   4 a body that isn't an object, or whose action isn't one -> 400
//   5 no valid clearance of this site -> 403 with the address of a challenge; its budget is spent
//     -> 429. Not while the site's mode is open or shadow: anyone then buys
//   6 no number, key or randomness for one -> 503 with Retry-After
//   7 200 {"token":...,"expires_at":...}
//
// Only JSON, which no form of another site's page can send without asking first (CORS). `numbers`
// may be null: then there is none.
void AnswerTokenEndpoint(Exchange& exchange, SpendNumbers* numbers, std::string_view body) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_TOKEN_ANSWER_H_
