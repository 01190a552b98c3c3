#include "tests/simulation/world.h"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace stile::simulation {

void World::Say(const char* format, ...) const {
  if (!trace) return;
  std::printf("%6" PRIu64 ".%06" PRIu64 "  ", agenda.now() / kSecond, agenda.now() % kSecond);
  std::va_list values;
  va_start(values, format);
  std::vprintf(format, values);
  va_end(values);
  std::printf("\n");
}

}  // namespace stile::simulation
