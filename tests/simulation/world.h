#ifndef STILE_TESTS_SIMULATION_WORLD_H_
#define STILE_TESTS_SIMULATION_WORLD_H_

#include <cstdint>

#include "challenge/unix_millis.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/fault.h"
#include "tests/simulation/fleet_mode.h"
#include "tests/simulation/random.h"
#include "tests/simulation/store_network.h"

namespace stile::simulation {

// What everything in one run shares: its time, its seed and what lies between its parts.
struct World {
  World(std::uint64_t seed, Mode run_mode, Mutant run_mutant, bool traces)
      : random(seed),
        mode(run_mode),
        mutant(run_mutant),
        trace(traces),
        network(agenda, random, seed) {}

  // Noon of 2026-03-01, UTC, is when a run begins.
  static constexpr std::int64_t kBeginMillis = 1'772'366'400'000;

  [[nodiscard]] bool Is(Mutant asked) const noexcept { return mutant == asked; }
  // A line about what happens now, if anybody listens.
  [[gnu::format(printf, 2, 3)]] void Say(const char* format, ...) const;

  Agenda agenda;
  Random random;
  Mode mode;
  Mutant mutant;
  bool trace;
  FaultCounts faults{};
  StoreNetwork network;
};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_WORLD_H_
