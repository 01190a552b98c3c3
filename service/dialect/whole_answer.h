#ifndef STILE_SERVICE_DIALECT_WHOLE_ANSWER_H_
#define STILE_SERVICE_DIALECT_WHOLE_ANSWER_H_

#include "engine/answer.h"
#include "service/dialect/question.h"

namespace stile {

// Decides about the request that was read, for proxies that hand an answer which is no pass to the
// client as it is: AnswerPass, or the page or JSON that the client gets, with its own status from
// 300 on and the three fields of a verdict that say nothing.
void AnswerWhole(const Question& question, Answer& answer) noexcept;

// 403: there is no request to decide about.
void RefuseWhole(Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_WHOLE_ANSWER_H_
