#ifndef STILE_SERVICE_WALL_CLOCK_H_
#define STILE_SERVICE_WALL_CLOCK_H_

#include <chrono>

#include "challenge/unix_millis.h"

namespace stile {

// What time it is. The libraries never ask: the programs do, and pass it in.
[[nodiscard]] inline UnixMillis WallClock() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return UnixMillis{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

}  // namespace stile

#endif  // STILE_SERVICE_WALL_CLOCK_H_
