#include "service/dialect/check.h"

#include "service/dialect/verdict_answer.h"
#include "service/gateway_answer.h"
#include "service/overload_answer.h"

namespace stile {
namespace {

void Check(const Question& question, Answer& answer) noexcept {
  if (!ReadQuestion(question)) {
    return AnswerWithVerdict(403, "error", kNothingToSay, kNothingToSay, answer);
  }
  const Engine& engine = question.engine;
  const Request& request = question.request;
  DecideQuestion(question);
  const Decision& decision = question.decision;
  switch (decision.action) {
    case Action::kAllow:
    case Action::kServe:
      return AnswerPass(question, answer);
    case Action::kChallenge:
      if (engine.PassesOnFault(request, decision, question.now)) {
        return AnswerPass(question, answer);
      }
      if (IsShed(question)) return AnswerWithDecision(401, question, kNothingToSay, answer);
      break;
    case Action::kDeny:
    case Action::kNone:
      break;
  }
  const std::string_view context = engine.SealHop(request, decision, question.now, question.worker);
  const std::uint16_t status = decision.action == Action::kChallenge ? 401 : 403;
  AnswerWithDecision(status, question, context, answer);
}

void Interstitial(const Question& question, Answer& answer) noexcept {
  if (!ReadQuestion(question)) {
    answer = PlainAnswer(403);
    return;
  }
  if (question.overloaded) {
    question.counters.shed.Add();
    answer = OverloadAnswer(question.request);
    return;
  }
  // One that came twice is as good as none.
  const std::string_view context = question.head.Find("x-stile-ctx").value;
  question.engine.RespondToHop(question.request, context, question.now, question.worker, answer);
}

}  // namespace

void AnswerCheck(const Question& question, Answer& answer) noexcept {
  const std::string_view path = question.head.path();
  if (path != "/check" && path != "/interstitial") {
    answer = PlainAnswer(404);
    return;
  }
  if (question.head.method() != "GET" && question.head.method() != "HEAD") {
    answer = PlainAnswer(405);
    answer.Add("Allow", "GET, HEAD");
    return;
  }
  path == "/check" ? Check(question, answer) : Interstitial(question, answer);
}

}  // namespace stile
