// Runs one planted fault: canary overflow|undefined|race. Ends with 0 if nothing stopped it.

#include <array>
#include <cstdio>
#include <cstring>

#include "tests/fuzz/canary.h"

int main(int argc, char** argv) {
  constexpr std::array<std::uint8_t, 8> kInput = {1, 2, 3, 4, 5, 6, 7, 8};
  int result = -1;
  if (argc == 2 && std::strcmp(argv[1], "overflow") == 0) result = stile::CanaryOverflow(kInput);
  if (argc == 2 && std::strcmp(argv[1], "undefined") == 0) result = stile::CanaryUndefined(kInput);
  if (argc == 2 && std::strcmp(argv[1], "race") == 0) result = stile::CanaryRace(kInput);
  std::printf("nothing noticed: %d\n", result);
  return 0;
}
