#ifndef STILE_SERVICE_DIALECT_EXT_AUTHZ_H_
#define STILE_SERVICE_DIALECT_EXT_AUTHZ_H_

#include "engine/answer.h"
#include "service/dialect/question.h"

namespace stile {

// The dialect of Envoy's ext_authz, and of what speaks it too. Both questions carry the request
// that they are about, so `question.carries` is true.
//
// By HTTP: the request's own method, Host and fields, and its target behind /ext-authz.
//
//   /ext-authz/*   200 without content: the request may pass. With a clearance that is renewed, if
//                  it is a navigation, and the fields that keep that from caches: what is said
//                  beside X-Stile-* goes to the client. Else what the client gets instead,
//                  page or JSON, with its own status, which is never 5xx: Envoy takes that for a
//                  failure of ours, and may be told to let requests pass then. What is a 503
//                  elsewhere, such as a challenge that can't be issued where the rule's on_fault
//                  does not say to let such a request through, is a 429 with Retry-After here.
//
// Other paths get 404.
void AnswerExtAuthz(const Question& question, Answer& answer) noexcept;

// By gRPC: the same about a CheckRequest's request, in whose answer every status is one for the
// client, so that a 503 is left as it is. The target carries the prefix all the same.
void AnswerCheckCall(const Question& question, Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_EXT_AUTHZ_H_
