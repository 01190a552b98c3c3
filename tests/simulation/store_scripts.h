#ifndef STILE_TESTS_SIMULATION_STORE_SCRIPTS_H_
#define STILE_TESTS_SIMULATION_STORE_SCRIPTS_H_

#include <cstdint>
#include <string>

#include "challenge/unix_millis.h"
#include "tests/simulation/store_network.h"
#include "tests/simulation/world.h"
#include "verifier/spend_epochs.h"
#include "verifier/spend_store.h"

namespace stile::simulation {

// The scripts of service/redis_scripts.cc, step for step, as commands of the modelled store; and
// what mutants would send in their place.
//
// Answers. Adopt: {epoch}. Open: {"opened" | "taken" | "stale"}. Spend: {epoch, letter}.
[[nodiscard]] StoreCommand AdoptCommand(const World& world, std::uint32_t floor, UnixMillis now);
[[nodiscard]] StoreCommand OpenCommand(const World& world, std::uint16_t node, std::uint64_t boot,
                                       const SpendEpochs::Order& order);
[[nodiscard]] StoreCommand SpendCommand(const World& world, const SpendQuestion& question);

// Answers INFO's fields that the contract is about.
[[nodiscard]] StoreCommand InfoCommand();

// The spend in two steps, which others can come between: what the first would answer, and a write.
[[nodiscard]] StoreCommand LookCommand(const World& world, const SpendQuestion& question);
[[nodiscard]] StoreCommand MarkCommand(const SpendQuestion& question);
// SET NX of the text that came in: {"f" | "s"}.
[[nodiscard]] StoreCommand TextCommand(const std::string& text);

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_STORE_SCRIPTS_H_
