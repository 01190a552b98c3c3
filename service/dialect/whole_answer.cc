#include "service/dialect/whole_answer.h"

#include "service/dialect/verdict_answer.h"
#include "service/gateway_answer.h"
#include "service/overload_answer.h"

namespace stile {

void AnswerWhole(const Question& question, Answer& answer) noexcept {
  const Engine& engine = question.engine;
  const Request& request = question.request;
  DecideQuestion(question);
  const Decision& decision = question.decision;
  if (decision.action == Action::kAllow || decision.action == Action::kServe) {
    return AnswerPass(question, answer);
  }
  if (question.overloaded && ShortAnswer(engine, request, decision, question.now, answer)) {
    question.counters.shed.Add();
    return AddSilentVerdict(answer);
  }
  engine.Respond(request, decision, {}, question.now, question.worker, answer);
  // No challenge could be issued, and the rule says to let such a request through.
  if (answer.status == 0 && decision.action == Action::kChallenge) {
    return AnswerPass(question, answer);
  }
  if (answer.status < 300) answer = PlainAnswer(503);
  AddSilentVerdict(answer);
}

void RefuseWhole(Answer& answer) noexcept {
  answer = PlainAnswer(403);
  AddSilentVerdict(answer);
}

}  // namespace stile
