#ifndef STILE_TESTS_SIMULATION_TIER_H_
#define STILE_TESTS_SIMULATION_TIER_H_

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace stile::simulation {

// What the tests do ten times more of in the long tier (scripts/test.sh --full).
inline std::uint64_t TimesTier(std::uint64_t count) {
  const char* const tier = std::getenv("STILE_TEST_TIER");
  return tier != nullptr && std::string_view(tier) == "full" ? count * 10 : count;
}

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_TIER_H_
