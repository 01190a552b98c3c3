#include "service/dialect/verdict_answer.h"

#include "verifier/rule_name.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

std::string_view RuleNameOf(const Question& question) noexcept {
  const Decision& decision = question.decision;
  if (decision.action == Action::kServe) return kNothingToSay;
  return RuleName(question.engine.policy(question.engine.SiteOf(question.request)), decision);
}

void AddVerdict(std::string_view verdict, std::string_view rule, std::string_view context,
                Answer& answer) noexcept {
  answer.Add("X-Stile-Verdict", verdict);
  answer.Add("X-Stile-Rule", rule);
  answer.Add("X-Stile-Ctx", context.empty() ? kNothingToSay : context);
}

}  // namespace

void AnswerWithVerdict(std::uint16_t status, std::string_view verdict, std::string_view rule,
                       std::string_view context, Answer& answer) noexcept {
  answer.status = status;
  answer.field_count = 0;
  answer.body = {};
  answer.reference = {};
  AddVerdict(verdict, rule, context, answer);
  answer.Add("Cache-Control", "no-store");
}

void AnswerWithDecision(std::uint16_t status, const Question& question, std::string_view context,
                        Answer& answer) noexcept {
  AnswerWithVerdict(status, VerdictName(question.decision.verdict), RuleNameOf(question), context,
                    answer);
}

void AnswerPass(const Question& question, Answer& answer) noexcept {
  AnswerWithDecision(200, question, kNothingToSay, answer);
  if (question.decision.action != Action::kAllow) return;
  const std::string_view renewed =
      question.engine.Renew(question.request, question.decision, question.now, question.worker);
  if (!renewed.empty()) answer.Add("Set-Cookie", renewed);
}

void AddSilentVerdict(Answer& answer) noexcept {
  AddVerdict(kNothingToSay, kNothingToSay, kNothingToSay, answer);
}

}  // namespace stile
