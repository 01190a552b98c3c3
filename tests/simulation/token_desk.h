#ifndef STILE_TESTS_SIMULATION_TOKEN_DESK_H_
#define STILE_TESTS_SIMULATION_TOKEN_DESK_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "tests/simulation/random.h"
#include "verifier/spend_store.h"

namespace stile::simulation {

// The steps in which a master key is replaced: only the old one; the new one is verified; it signs;
// the old one is gone.
inline constexpr std::size_t kKeySteps = 4;
[[nodiscard]] const SiteKeys& KeysOfStep(std::size_t step);

// The response token that carries `grant`, as the engine makes it. Empty if no key can sign.
[[nodiscard]] std::string SealToken(const SiteKeys& keys, const SpendGrant& grant, UnixMillis now,
                                    Random& random);

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_TOKEN_DESK_H_
