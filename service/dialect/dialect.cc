#include "service/dialect/dialect.h"

#include "service/dialect/check.h"
#include "service/dialect/ext_authz.h"
#include "service/dialect/forward_auth.h"
#include "service/dialect/verdict_answer.h"
#include "service/gateway_answer.h"

namespace stile {

void AnswerQuestion(ListenerMode mode, const Question& question, Answer& answer) noexcept {
  switch (mode) {
    case ListenerMode::kCheck:
      return AnswerCheck(question, answer);
    case ListenerMode::kForwardAuth:
      return AnswerForwardAuth(question, answer);
    case ListenerMode::kExtAuthz:
      return AnswerExtAuthz(question, answer);
    case ListenerMode::kGateway:
    case ListenerMode::kPublic:
    case ListenerMode::kSiteverify:
    case ListenerMode::kSpop:
      break;
  }
  answer = PlainAnswer(404);
}

Answer AnswerToRefusedHead(ListenerMode mode, std::uint16_t status) noexcept {
  if (mode == ListenerMode::kExtAuthz) return PlainAnswer(status < 500 ? status : 400);
  if (mode != ListenerMode::kCheck) return PlainAnswer(status);
  Answer answer;
  AnswerWithVerdict(403, "error", kNothingToSay, kNothingToSay, answer);
  return answer;
}

}  // namespace stile
