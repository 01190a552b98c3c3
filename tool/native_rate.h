#ifndef STILE_TOOL_NATIVE_RATE_H_
#define STILE_TOOL_NATIVE_RATE_H_

#include <chrono>

#include "challenge/puzzle/puzzle.h"

namespace stile {

// Nonces that one thread here tries in a second with the native solver, in the least disturbed of
// five stretches that take `time` together. `puzzle` is one that is work; 0 for any other.
[[nodiscard]] double MeasureNativeRate(Puzzle puzzle, std::chrono::milliseconds time);

}  // namespace stile

#endif  // STILE_TOOL_NATIVE_RATE_H_
