#include "service/probation.h"

#include <algorithm>
#include <utility>

#include "service/last_good.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

milliseconds Since(Probation::Time time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch());
}

}  // namespace

void Probation::Begin(ConfigTexts texts, std::string directory, const AdmissionLimits& limits,
                      Time now, std::uint64_t requests) {
  std::string digest = DigestOf(texts);
  // Who reloads the same again and again would else never get anywhere.
  if (is_on_ && digest == soak_.digest()) {
    next_try_ = now;
    return;
  }
  Cancel();
  const LastGood record(directory, limits.generations);
  const std::string recorded = record.Digest();
  if (recorded == digest) return;
  is_on_ = true;
  due_ = recorded.empty() && !record.Recall().ok();
  texts_ = std::move(texts);
  directory_ = std::move(directory);
  limits_ = limits;
  next_try_ = now;
  soak_.Begin(std::move(digest), Since(now), requests);
}

void Probation::Cancel() {
  is_on_ = false;
  texts_ = {};
  soak_.End();
}

std::optional<absl::Status> Probation::Tend(Time now, std::uint64_t requests) {
  if (!is_on_ || now < next_try_) return std::nullopt;
  if (!due_ && soak_.Look(limits_, Since(now), requests) != Soak::State::kDone) {
    return std::nullopt;
  }
  due_ = true;
  absl::Status recorded = LastGood(directory_, limits_.generations).Record(texts_);
  if (recorded.ok()) {
    Cancel();
  } else {
    next_try_ = now + kRetry;
  }
  return recorded;
}

std::optional<Probation::Time> Probation::NextLook(Time now) const {
  if (!is_on_) return std::nullopt;
  if (due_) return next_try_;
  // Past the time it takes, requests may still be few.
  constexpr milliseconds kLook{1'000};
  return now + std::max(soak_.Left(limits_, Since(now)), kLook);
}

milliseconds Probation::Left(Time now) const {
  return due_ ? milliseconds{0} : soak_.Left(limits_, Since(now));
}

}  // namespace stile
