#ifndef STILE_VERIFIER_EFFORT_EFFORT_LAW_H_
#define STILE_VERIFIER_EFFORT_EFFORT_LAW_H_

#include <cstdint>

namespace stile {

// What one period of a service was like, in the words of Tor's proposal 362.
struct EffortPeriod {
  double length = 0;                  // T.
  double idle = 0;                    // I: how much of it the queue was empty.
  std::uint64_t dequeued = 0;         // D: clients that were served.
  std::uint64_t enqueued = 0;         // G: clients that came and had spent the effort or more.
  std::uint64_t enqueued_effort = 0;  // F: what those had spent together.
  std::uint64_t queue_length = 0;     // Q: clients that wait at its end.
};

// What a period did to the effort.
enum class EffortStep : std::uint8_t {
  kSkipped = 0,  // Nobody was served: nothing is known.
  kIdle = 1,     // Nothing kept the service busy.
  kRaised = 2,
  kLowered = 3,
};

// The effort that is asked next, and why.
struct NextEffort {
  std::uint64_t effort = 0;
  EffortStep step = EffortStep::kSkipped;
};

// One step of the loop of Tor's proposal 362 (status: open), from `effort` after `period`. A period
// in which as many came at the effort or above as could have been served raises it to what was
// spent for each of those that were; any other lowers it by the share of them that didn't come.
// `decay` tells how much of a fall is kept back: 0 falls at once, 1 never falls.
//
// Pure. The same numbers as the proposal's: whole efforts, rounded down, and doubles between.
[[nodiscard]] NextEffort StepEffort(std::uint64_t effort, const EffortPeriod& period,
                                    double decay) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_LAW_H_
