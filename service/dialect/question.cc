#include "service/dialect/question.h"

#include <cstddef>

#include "service/dialect/described_request.h"
#include "service/timed_decision.h"

namespace stile {

bool ReadQuestion(const Question& question) noexcept {
  const DescriptionReason reason =
      question.carries
          ? ReadCarried(question.origin, question.names_client, question.own, question.request)
          : ReadDescription(question.head, question.origin, question.own, question.request);
  if (reason == DescriptionReason::kNone) return true;
  question.counters.descriptions_refused[static_cast<std::size_t>(reason)].Add();
  return false;
}

bool IsShed(const Question& question) noexcept {
  if (!question.overloaded || question.decision.action != Action::kChallenge) return false;
  question.counters.shed.Add();
  return true;
}

void DecideQuestion(const Question& question) noexcept {
  question.facts.Find(question.engine, question.head, question.origin, question.fingerprint_field,
                      !question.carries, question.request);
  question.decision = DecideTimed(question.engine, question.request, question.now, question.worker,
                                  question.counters, question.names);
}

}  // namespace stile
