#ifndef STILE_SERVICE_DIALECT_VERDICT_ANSWER_H_
#define STILE_SERVICE_DIALECT_VERDICT_ANSWER_H_

#include <cstdint>
#include <string_view>

#include "engine/answer.h"
#include "service/dialect/question.h"

namespace stile {

// What every answer to a question has in common: the fields X-Stile-Verdict, X-Stile-Rule and
// X-Stile-Ctx, each exactly once. Some proxies copy a field's placeholder where the field is
// missing, and others the client's own, so one that has nothing to say says "-".
inline constexpr std::string_view kNothingToSay = "-";

// An answer without content: `status`, the three fields and Cache-Control: no-store.
void AnswerWithVerdict(std::uint16_t status, std::string_view verdict, std::string_view rule,
                       std::string_view context, Answer& answer) noexcept;

// The same about the question's decision.
void AnswerWithDecision(std::uint16_t status, const Question& question, std::string_view context,
                        Answer& answer) noexcept;

// 200: the request may go on to its origin. With the renewed clearance, if there is one.
void AnswerPass(const Question& question, Answer& answer) noexcept;

// Adds the three fields with nothing to say, to an answer that a client gets to see: it learns that
// it was refused, and not why.
void AddSilentVerdict(Answer& answer) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_VERDICT_ANSWER_H_
