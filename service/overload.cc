#include "service/overload.h"

#include <algorithm>
#include <utility>

namespace stile {
namespace {

Overload::Milliseconds Between(Instant begin, Instant end) noexcept {
  return std::max(Overload::Milliseconds(0),
                  std::chrono::duration_cast<Overload::Milliseconds>(end - begin));
}

}  // namespace

void Overload::SetLimit(Milliseconds limit) noexcept {
  limit_ = limit;
  if (limit_.count() == 0) holds_ = was_late_ = false;
}

void Overload::BeginWait(Instant now, int patience) noexcept {
  if (turn_began_ != Instant::max()) Note(now, Between(turn_began_, now));
  turn_began_ = Instant::max();
  wakes_ = patience < 0 ? Instant::max() : now + Milliseconds(patience);
}

void Overload::EndWait(Instant now) noexcept {
  Note(now, wakes_ == Instant::max() ? Milliseconds(0) : Between(wakes_, now));
  wakes_ = Instant::max();
  turn_began_ = now;
}

void Overload::SetMark(Instant now) noexcept {
  marked_ = true;
  marked_at_ = now;
}

void Overload::FindMark(Instant now) noexcept {
  if (std::exchange(marked_, false)) Note(now, Between(marked_at_, now));
}

void Overload::Note(Instant now, Milliseconds late) noexcept {
  if (now - worst_since_ >= std::chrono::seconds(1)) {
    last_ = now - worst_since_ < std::chrono::seconds(2) ? worst_ : Milliseconds(0);
    worst_ = Milliseconds(0);
    worst_since_ = now;
  }
  worst_ = std::max(worst_, late);
  if (limit_.count() != 0) Judge(now, late);
}

void Overload::Judge(Instant now, Milliseconds late) noexcept {
  if (late > limit_ / 2) uneasy_ = now;
  if (late > limit_) {
    // What is found out from several sides at once is late once.
    if (!was_late_ || now - first_late_ > kMemory + limit_) first_late_ = now;
    was_late_ = true;
    if (late > kGross * limit_ || now - first_late_ >= limit_) holds_ = true;
  } else if (holds_ && now - uneasy_ >= kMemory) {
    holds_ = was_late_ = false;
  }
}

}  // namespace stile
