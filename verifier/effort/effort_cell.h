#ifndef STILE_VERIFIER_EFFORT_EFFORT_CELL_H_
#define STILE_VERIFIER_EFFORT_EFFORT_CELL_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "verifier/effort/effort_state.h"
#include "verifier/effort/origin_trouble.h"

namespace stile {

// What the control of one site knows, in the table's memory. Zeros are a site that nothing has
// happened to. The state is written by whoever takes a step, one word at a time: if two ever do so
// at once, each word is one of theirs, and LoadState bounds what it reads.
struct alignas(64) EffortCell {
  // Read by every request that is asked.
  std::atomic<std::uint64_t> claim;         // The site's id and kClaimed; 0: nobody's.
  std::atomic<std::int64_t> start_ms;       // Of the period; 0: none has begun.
  std::atomic<std::uint64_t> published;     // Percent; 0: as configured.
  std::atomic<std::uint64_t> held;          // Share (of 256) << 32 | price.
  std::atomic<std::uint64_t> quiet;         // 1: clients pass unasked.
  std::atomic<std::uint64_t> unasked_most;  // In a period.
  // How long one redemption takes of a prefix's share, in microseconds. 0 or less: none is counted
  // now, and it was so long when they were last.
  std::atomic<std::int64_t> each_us;
  // Until when the turns that were taken take up what the origin can bear, in microseconds: all of
  // them, at kRush times that, and those of stocks.
  std::atomic<std::int64_t> rush_until_us;
  std::atomic<std::int64_t> stock_until_us;

  // Counted in this period.
  alignas(64) std::atomic<std::uint64_t> demand;  // All << 32 | those at the price or above.
  std::atomic<std::uint64_t> unasked;

  alignas(64) std::array<std::atomic<std::uint64_t>, EffortState::kWords> state;

  alignas(64) OriginTrouble::Window window;
};

}  // namespace stile

#endif  // STILE_VERIFIER_EFFORT_EFFORT_CELL_H_
