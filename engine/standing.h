#ifndef STILE_ENGINE_STANDING_H_
#define STILE_ENGINE_STANDING_H_

#include <cstdint>

#include "challenge/puzzle/puzzle.h"

namespace stile {

// What is known of a client without its clearance: what the valid one that it has shown says of
// itself. A default one has shown none.
struct Standing {
  std::uint8_t rank = 0;  // 0: no valid clearance.
  Puzzle puzzle = Puzzle::kNone;
  std::uint8_t effort_log2 = 0;
  std::uint8_t key_id = 0;
  std::uint32_t issued_at = 0;  // Unix seconds.
};

}  // namespace stile

#endif  // STILE_ENGINE_STANDING_H_
