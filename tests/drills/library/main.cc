// Drills of the library: library_drills --list, or library_drills <phase in ms> <id> [control].
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/drills/library/drills.h"
#include "tests/drills/library/host.h"

namespace {

std::vector<stile::drills::Drill> All() {
  std::vector<stile::drills::Drill> all;
  for (auto* make :
       {stile::drills::CandidateDrills, stile::drills::StateDrills, stile::drills::TrafficDrills}) {
    for (stile::drills::Drill& drill : make()) all.push_back(std::move(drill));
  }
  return all;
}

// A line for each, its parts apart by tabs; the invariants that its control breaks by commas.
void List() {
  for (const stile::drills::Drill& drill : All()) {
    std::string red;
    for (const std::string& invariant : drill.red) red += (red.empty() ? "" : ",") + invariant;
    std::printf("%s\t%s\t%s\t%s\t%s\n", drill.id.c_str(), drill.name.c_str(), drill.injects.c_str(),
                drill.control.c_str(), red.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--list") {
    List();
    return 0;
  }
  if (argc < 3) {
    std::fputs("usage: library_drills --list | <phase in ms> <id> [control]\n", stderr);
    return 2;
  }
  stile::drills::Host::phase = std::chrono::milliseconds{std::atol(argv[1])};
  for (const stile::drills::Drill& drill : All()) {
    if (drill.id != argv[2]) continue;
    stile::drills::Outcome outcome = drill.run(argc > 3);
    std::puts(outcome.Json().c_str());
    return 0;
  }
  std::fprintf(stderr, "there is no drill %s\n", argv[2]);
  return 2;
}
