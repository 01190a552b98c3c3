#ifndef STILE_TESTS_SIMULATION_FLEET_MODE_H_
#define STILE_TESTS_SIMULATION_FLEET_MODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile::simulation {

// How the nodes of a run remember spends.
enum class Mode : std::uint8_t {
  kMemory,          // One node, its own memory.
  kPinned,          // Each its own memory; a token is good on the node that gave it.
  kStore,           // The store; what it can't tell is refused.
  kStoreConfirmed,  // The same, and a replica must have confirmed.
  kStoreOrLocal,    // The store, and while it can't be asked each node by itself: relaxed.
  kCount,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Mode::kCount)> kModeNames = {
    "memory", "pinned", "redis-refuse", "redis-wait", "redis-local"};

[[nodiscard]] constexpr bool UsesStore(Mode mode) noexcept {
  return mode != Mode::kMemory && mode != Mode::kPinned;
}

// What is wrong on purpose: each must be found out.
enum class Mutant : std::uint8_t {
  kNone,
  kUnknownPasses,    // "Nobody can say" is taken for "fresh".
  kGetThenSet,       // The store is asked, and told later.
  kNoBoot,           // Who starts anew calls itself what it was before.
  kNoRunId,          // The sentinel holds an epoch only.
  kNoSkew,           // What remembers a token is kept as long as its clock says, and no longer.
  kSpendAfterMint,   // The credential is made, then the token is used up.
  kClientChosenKey,  // What is remembered is the text that came in.
  kCount,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Mutant::kCount)>
    kMutantNames = {"none",      "unknown-passes", "get-then-set",     "no-boot",
                    "no-run-id", "no-skew",        "spend-after-mint", "client-chosen-key"};

}  // namespace stile::simulation

#endif  // STILE_TESTS_SIMULATION_FLEET_MODE_H_
