#ifndef STILE_SERVICE_DIALECT_CHECK_H_
#define STILE_SERVICE_DIALECT_CHECK_H_

#include "engine/answer.h"
#include "service/dialect/question.h"

namespace stile {

// The dialect of proxies that read nothing but the status of an answer, as nginx's auth_request.
//
//   GET /check         200: the request may pass; 401: challenge it; 403: deny it, or there is no
//                      request that could be decided about. Never anything else, and no content.
//   GET /interstitial  what the client gets instead: the page or JSON of the decision whose context
//                      X-Stile-Ctx brings back. Decides nothing.
//
// Both also with HEAD; other methods get 405, other paths 404. The query is ignored.
void AnswerCheck(const Question& question, Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_CHECK_H_
