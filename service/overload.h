#ifndef STILE_SERVICE_OVERLOAD_H_
#define STILE_SERVICE_OVERLOAD_H_

#include <chrono>
#include <cstdint>

#include "service/timer_wheel.h"

namespace stile {

// Whether one event loop has more to do than it can do in time, judged by how late it serves what
// waits for it. It learns of that from four sides, none of which costs a request anything:
//
//   the turn    what becomes ready while others are served waits until all of them are
//   the wait    a thread that comes back later than it wanted to has been kept from its CPU
//   the mark    an event that the loop gives itself, behind a wait that found more than it has room
//               for: it is as late as what lies before it
//   the accept  how long the kernel has kept a connection for the loop
//
// A loop that is late once is forgiven: machines stutter. One that is late again within kMemory, or
// by more than kGross limits, is overloaded until it hasn't been late by even half the limit for
// kMemory. Times are the coarse clock's. For one thread.
class Overload {
 public:
  static constexpr std::chrono::milliseconds kMemory{1'000};
  static constexpr int kGross = 10;

  using Milliseconds = std::chrono::milliseconds;

  // How late is too late from now on; 0: nothing is.
  void SetLimit(Milliseconds limit) noexcept;

  // The loop waits, for at most `patience` milliseconds; -1: for ever.
  void BeginWait(Instant now, int patience) noexcept;
  // The wait is over, and a turn begins.
  void EndWait(Instant now) noexcept;

  // True if a mark is to be set: the wait found all that it has room for, and none is on its way.
  [[nodiscard]] bool WantsMark(bool found_all_it_can) const noexcept {
    return found_all_it_can && !marked_ && limit_.count() != 0;
  }
  void SetMark(Instant now) noexcept;
  // The mark has come up, or something that looks like it.
  void FindMark(Instant now) noexcept;

  // Something was served this late.
  void Note(Instant now, Milliseconds late) noexcept;

  [[nodiscard]] bool holds() const noexcept { return holds_; }
  // The worst of the last second or two.
  [[nodiscard]] Milliseconds worst() const noexcept { return worst_ > last_ ? worst_ : last_; }

 private:
  void Judge(Instant now, Milliseconds late) noexcept;

  Milliseconds limit_{0};
  bool holds_ = false;
  bool marked_ = false;
  Instant marked_at_{};
  Instant turn_began_ = Instant::max();  // max: none has.
  Instant wakes_ = Instant::max();       // When the wait should be over; max: no matter when.
  Instant first_late_{};                 // Of those that aren't forgotten.
  bool was_late_ = false;
  Instant uneasy_{};  // When it was last late by more than half of the limit.
  Milliseconds worst_{0};
  Milliseconds last_{0};  // The second before.
  Instant worst_since_{};
};

}  // namespace stile

#endif  // STILE_SERVICE_OVERLOAD_H_
