#ifndef STILE_BENCH_FLOOD_FLOOD_RUN_H_
#define STILE_BENCH_FLOOD_FLOOD_RUN_H_

#include <cstdint>
#include <vector>

#include "bench/flood/crowd.h"
#include "bench/flood/price_loop.h"
#include "bench/flood/scenario.h"

namespace stile::bench {

// What a site's visitors have had of those who came in one phase.
struct VisitorFigures {
  std::uint32_t came = 0;
  double through = 0;           // The share that saw its first page.
  double through_fallback = 0;  // The same of browsers without WebAssembly or JavaScript.
  // Seconds until the first page; who gave up counts with all of the patience, so that losing the
  // slowest doesn't look like being fast.
  double p50 = 0;
  double p95 = 0;
  double failed_pages = 0;  // Share of later pages that were a 5xx.
  std::uint32_t asked_again = 0;
};

// One moment of a run.
struct FloodMoment {
  double at = 0;
  double price = 0;        // To a prefix that nobody else is in.
  double redeemed = 0;     // A second.
  double reached = 0;      // Requests a second that reach the origin.
  double error_share = 0;  // Of them.
};

struct FloodResult {
  VisitorFigures before, during, after;
  double mean_load = 0;  // Requests a second in the attack.
  double peak_load = 0;
  double error_share = 0;  // Of all of them.
  SolverFarm::Bill bill;
  std::uint64_t bot_clearances = 0;
  double bot_requests = 0;  // That reached the origin.
  double settled = -1;      // Seconds from the attack's end until the price is 100; -1: not.
  Door::Counts door;
  std::vector<FloodMoment> moments;  // Every two seconds.
};

// Runs `scenario` with prices by `loop`. The same scenario and loop give the same result.
[[nodiscard]] FloodResult RunFlood(const Scenario& scenario, PriceLoop& loop);

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_FLOOD_RUN_H_
