#ifndef STILE_TESTS_DRILLS_LIBRARY_DRILLS_H_
#define STILE_TESTS_DRILLS_LIBRARY_DRILLS_H_

#include <string>
#include <vector>

#include "tests/drills/library/outcome.h"

namespace stile::drills {

// A drill of the library inside a program that embeds it. `run(false)` breaks something and nothing
// may be broken by it; `run(true)` is its control, the same with a protection taken away, and
// breaks at least `red`.
struct Drill {
  std::string id, name;
  std::string injects, control;  // In words: for the report.
  std::vector<std::string> red;
  Outcome (*run)(bool is_control);
};

// Candidates: what a deployment brings.
[[nodiscard]] std::vector<Drill> CandidateDrills();
// What is remembered over a restart, keys, clocks, and what can be switched.
[[nodiscard]] std::vector<Drill> StateDrills();
// What visitors, backends and the machine bring.
[[nodiscard]] std::vector<Drill> TrafficDrills();

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_DRILLS_H_
