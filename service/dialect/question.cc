#include "service/dialect/question.h"

#include <cstddef>

#include "service/dialect/described_request.h"

namespace stile {

bool ReadQuestion(const Question& question) noexcept {
  const DescriptionReason reason =
      ReadDescription(question.head, question.origin, question.site, question.request);
  if (reason == DescriptionReason::kNone) return true;
  question.counters.descriptions_refused[static_cast<std::size_t>(reason)].Add();
  return false;
}

}  // namespace stile
