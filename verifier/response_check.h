#ifndef STILE_VERIFIER_RESPONSE_CHECK_H_
#define STILE_VERIFIER_RESPONSE_CHECK_H_

#include <string_view>

#include "challenge/key_ring.h"
#include "challenge/response_token.h"
#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"
#include "verifier/verdict.h"

namespace stile {

// What was found out about a response token without asking who has used it up.
struct ResponseFinding {
  Verdict verdict = Verdict::kNone;
  ResponseToken token;     // Only with kValid. Borrows from the SealedResponseToken.
  SpendQuestion question;  // Only with kValid: what to ask the store before it is a pass.
};

// Judges a response token of the site whose keys these are, in the order of docs/wire-format.md.
// `attempt` is what the backend calls this attempt; empty: nothing. `scratch` must outlive the
// result. Does not allocate, block, throw or read a clock.
[[nodiscard]] ResponseFinding CheckResponse(const SiteKeys& keys, std::string_view text,
                                            std::string_view attempt, UnixMillis now,
                                            SealedResponseToken& scratch) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_RESPONSE_CHECK_H_
