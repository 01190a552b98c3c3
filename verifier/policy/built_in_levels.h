#ifndef STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_
#define STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "verifier/level.h"

namespace stile {

// Floors of what a policy file may ask. An alternative that opens `light` asks at least this many
// evaluations (about 50 ms of the fastest native core, for either puzzle), or this long a wait.
inline constexpr std::uint64_t kMinLightSha256 = 4'000'000;
inline constexpr std::uint64_t kMinLightHashwx = 131'072;
inline constexpr std::uint64_t kMinWaitMillis = 5'000;
// A clearance earned by waiting lives at most this long.
inline constexpr std::uint32_t kMaxWaitedSeconds = 600;
// Parts where a policy says none: a part of hashwx costs some 5 us to check, one of sha256 30 ns.
inline constexpr std::uint8_t kSha256Parts = 16;
inline constexpr std::uint8_t kHashwxParts = 8;
// By what a level's lifetime is divided for sha256 where it is a fallback.
inline constexpr std::uint32_t kFallbackLifetimeDivisor = 4;

// The levels that every policy has unless it defines them itself:
//   wait      1  wait 5 s                             10 min
//   light     2  hashwx of 262,144 in 8 parts           12 h
//                sha256 of 4,000,000 in 16 parts         3 h, half the budget
//                wait 5 s for `wait`                  10 min
//   standard  3  hashwx of 1,048,576 in 8 parts          6 h
//                sha256 of 16,000,000 in 16 parts        2 h, half the budget
[[nodiscard]] const std::array<Level, 3>& BuiltInLevels();

// The built-in level of this name; null if there is none.
[[nodiscard]] const Level* FindBuiltInLevel(std::string_view name);

// Adds the built-in levels whose names are missing, sorts by rank, and fills in what an
// alternative earns where it says only its rank or only its level's name, or neither (its own
// level). At most kMaxAlternatives alternatives are looked at.
//
// A level that says no budget gets kDefaultBudget, but one that only waiting earns gets a tenth of
// that of `light`; an alternative that waits for the rank of a level that can also be worked for
// gets the budget class kTenth, and sha256 where it is a fallback kHalf.
void CompleteLevels(std::vector<Level>& levels);

}  // namespace stile

#endif  // STILE_VERIFIER_POLICY_BUILT_IN_LEVELS_H_
