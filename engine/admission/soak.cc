#include "engine/admission/soak.h"

#include <algorithm>
#include <utility>

namespace stile {

using std::chrono::milliseconds;

void Soak::Begin(std::string digest, milliseconds now, std::uint64_t requests) {
  is_on_ = true;
  digest_ = std::move(digest);
  begun_ = now;
  requests_ = requests;
}

Soak::State Soak::Look(const AdmissionLimits& limits, milliseconds now,
                       std::uint64_t requests) const {
  if (!is_on_) return State::kNone;
  const milliseconds served = now - begun_;
  const bool is_asked_enough =
      requests >= requests_ && requests - requests_ >= limits.soak_requests;
  if (served >= limits.soak_for * AdmissionLimits::kPatience) return State::kDone;
  return served >= limits.soak_for && is_asked_enough ? State::kDone : State::kSoaking;
}

milliseconds Soak::Left(const AdmissionLimits& limits, milliseconds now) const {
  if (!is_on_) return milliseconds{0};
  return std::max(limits.soak_for - (now - begun_), milliseconds{0});
}

}  // namespace stile
