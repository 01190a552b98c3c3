#ifndef STILE_SERVICE_DIALECT_FORWARD_AUTH_H_
#define STILE_SERVICE_DIALECT_FORWARD_AUTH_H_

#include "engine/answer.h"
#include "service/dialect/question.h"

namespace stile {

// The dialect of proxies that send an answer other than 2xx to the client as it is, such as Caddy's
// forward_auth and Traefik's ForwardAuth.
//
//   /auth, by any method   200 without content: the request may pass. Else what the client gets
//                          instead, page or JSON, with its own status.
//
// Other paths get 404. The query is ignored.
void AnswerForwardAuth(const Question& question, Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_FORWARD_AUTH_H_
