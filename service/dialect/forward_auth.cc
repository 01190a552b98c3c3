#include "service/dialect/forward_auth.h"

#include "service/dialect/described_request.h"
#include "service/dialect/verdict_answer.h"
#include "service/gateway_answer.h"
#include "service/timed_decision.h"

namespace stile {
namespace {

void Decide(const Question& question, const Request& request, Answer& answer) noexcept {
  const Engine& engine = question.engine;
  const Decision decision =
      DecideTimed(engine, request, question.now, question.worker, question.counters);
  if (decision.action == Action::kAllow || decision.action == Action::kServe) {
    return AnswerPass(question, request, decision, answer);
  }
  engine.Respond(request, decision, {}, question.now, question.worker, answer);
  // No challenge could be issued, and the rule says to let such a request through.
  if (answer.status == 0 && decision.action == Action::kChallenge) {
    return AnswerPass(question, request, decision, answer);
  }
  if (answer.status < 300) answer = PlainAnswer(503);
  AddSilentVerdict(answer);
}

}  // namespace

void AnswerForwardAuth(const Question& question, Answer& answer) noexcept {
  if (question.head.path() != "/auth") {
    answer = PlainAnswer(404);
    return;
  }
  Request request;
  const DescriptionReason reason =
      ReadDescription(question.head, question.origin, question.site, request);
  if (reason == DescriptionReason::kNone) return Decide(question, request, answer);
  question.counters.descriptions_refused[static_cast<std::size_t>(reason)].Add();
  answer = PlainAnswer(403);
  AddSilentVerdict(answer);
}

}  // namespace stile
