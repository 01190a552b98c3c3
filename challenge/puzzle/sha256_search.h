#ifndef STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_H_
#define STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_H_

// The solver's side of the puzzle `sha256` (docs/wire-format.md). Freestanding: the same source
// is the native solver and, built for WebAssembly, the one that a browser runs. It therefore
// needs the compiler's own headers and nothing of a library.

#include <stddef.h>
#include <stdint.h>

namespace stile {

// One part of one alternative. `midstate` comes from Sha256PrefixMidstate and is the same for all
// parts of an alternative.
struct Sha256Job {
  uint32_t midstate[8];
  uint32_t part;
  uint64_t target;
};

// Sets `midstate` to the hash state after the first block, which all parts of alternative
// `alternative` share. `tag` and `id` are those of the challenge.
void Sha256PrefixMidstate(const uint8_t tag[16], const uint8_t id[16], uint8_t alternative,
                          uint32_t midstate[8]) noexcept;

// Tries the `count` nonces from `first_nonce` on, modulo 2^64, in their order. Returns true, with
// the first one that solves the part in `found`, or false. `tried` counts the nonces that were
// looked at: `found` - `first_nonce` + 1, or `count`. Costs one compression a nonce, several nonces
// at a time: 16 with AVX-512, two with SHA instructions, 8 with AVX2 (chosen once, at load time),
// else four where the machine has vectors of 128 bits.
bool SearchSha256(const Sha256Job& job, uint64_t first_nonce, uint64_t count, uint64_t* found,
                  uint64_t* tried) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_H_
