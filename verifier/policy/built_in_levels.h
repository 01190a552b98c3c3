#ifndef STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_
#define STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "verifier/level.h"

namespace stile {

// Floors of what a policy file may ask. An alternative that opens `light` asks at least this many
// evaluations (about 50 ms of the fastest native core), or this long a wait.
inline constexpr std::uint64_t kMinLightEffort = 4'000'000;
inline constexpr std::uint64_t kMinWaitMillis = 5'000;
// A clearance earned by waiting lives at most this long.
inline constexpr std::uint32_t kMaxWaitedSeconds = 600;
inline constexpr std::uint8_t kDefaultParts = 16;

// The levels that every policy has unless it defines them itself:
//   wait      1  wait 5 s                                                        10 min
//   light     2  sha256 of 4,000,000 in 16 parts, or wait 5 s for `wait`          12 h
//   standard  3  sha256 of 16,000,000 in 16 parts                                  6 h
[[nodiscard]] const std::array<Level, 3>& BuiltInLevels();

// The built-in level of this name; null if there is none.
[[nodiscard]] const Level* FindBuiltInLevel(std::string_view name);

// Adds the built-in levels whose names are missing, sorts by rank, and fills in what an
// alternative earns where it says only its rank or only its level's name, or neither (its own
// level). At most kMaxAlternatives alternatives are looked at.
//
// A level that says no budget gets kDefaultBudget, but one that only waiting earns gets a tenth of
// that of `light`; and an alternative that waits for the rank of a level that can also be worked
// for gets the budget class kTenth.
void CompleteLevels(std::vector<Level>& levels);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_
