#ifndef STILE_CHALLENGE_PUZZLE_HASHWX_SEED_H_
#define STILE_CHALLENGE_PUZZLE_HASHWX_SEED_H_

// Where the functions of the puzzle `hashwx` come from (docs/wire-format.md), for solvers.
// Freestanding, like hashwx_function.h.

#include <stdint.h>

namespace stile {

// Nonces n with the same n / kHashwxNoncesPerFunction are hashed by the same function. So many
// are what HashWX recommends for browsers, which pay dearly for a new one.
inline constexpr uint64_t kHashwxNoncesPerFunction = 65536;

// Sets `midstate` to the hash state after the first block, which all seeds of alternative
// `alternative` share. `tag` and `id` are those of the challenge.
void HashwxPrefixMidstate(const uint8_t tag[16], const uint8_t id[16], uint8_t alternative,
                          uint32_t midstate[8]) noexcept;

// Sets `seed` to that of function number `index` of part `part`. Costs one compression.
void HashwxSeed(const uint32_t midstate[8], uint32_t part, uint64_t index,
                uint8_t seed[32]) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_HASHWX_SEED_H_
