// Runs seeds of the fleet's simulation:
//
//   simulate_spends [--seed N | --seeds COUNT [--from N]] [--mode NAME] [--mutant NAME] [--trace]
//
// Seed N runs in mode N modulo 5 unless one is named. Ends with 1 if a seed found a mistake, after
// it has said how to see it again. Without a mode --seeds counts seeds over all of them.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/fleet.h"
#include "tests/simulation/fleet_report.h"

namespace stile::simulation {
namespace {

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t count = 1;
  std::optional<Mode> mode;
  Mutant mutant = Mutant::kNone;
  bool trace = false;
};

template <typename Enum, std::size_t kSize>
Enum Named(const std::array<std::string_view, kSize>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    std::fprintf(stderr, "simulate_spends: there is no %s\n", std::string(name).c_str());
    std::exit(2);
  }
  return static_cast<Enum>(found - names.begin());
}

Arguments Read(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--trace") {
      arguments.trace = true;
      continue;
    }
    const char* const value = i + 1 < argc ? argv[++i] : "";
    if (name == "--seed" || name == "--from") {
      arguments.from = std::strtoull(value, nullptr, 10);
    } else if (name == "--seeds") {
      arguments.count = std::strtoull(value, nullptr, 10);
    } else if (name == "--mode") {
      arguments.mode = Named<Mode>(kModeNames, value);
    } else if (name == "--mutant") {
      arguments.mutant = Named<Mutant>(kMutantNames, value);
    } else {
      std::fprintf(stderr, "simulate_spends: what is %s?\n", argv[i]);
      std::exit(2);
    }
  }
  return arguments;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Read(argc, argv);
  FleetReport report;
  for (std::uint64_t seed = arguments.from; seed < arguments.from + arguments.count; ++seed) {
    const Mode mode = arguments.mode.value_or(ModeOf(seed));
    Fleet fleet(seed, mode, arguments.mutant, arguments.trace);
    report.Add(seed, mode, fleet.Run());
  }
  report.Print();
  return report.mistakes() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace stile::simulation

int main(int argc, char** argv) { return stile::simulation::Main(argc, argv); }
