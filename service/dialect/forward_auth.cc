#include "service/dialect/forward_auth.h"

#include "service/dialect/whole_answer.h"
#include "service/gateway_answer.h"

namespace stile {

void AnswerForwardAuth(const Question& question, Answer& answer) noexcept {
  if (question.head.path() != "/auth") {
    answer = PlainAnswer(404);
    return;
  }
  if (ReadQuestion(question)) return AnswerWhole(question, answer);
  RefuseWhole(answer);
}

}  // namespace stile
