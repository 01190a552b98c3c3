#ifndef STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_KERNELS_H_
#define STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_KERNELS_H_

#include "challenge/puzzle/sha256_search.h"

namespace stile {

// The search's inner loops that need more than the baseline, each compiled apart with the
// instructions that it needs. Call one only where CpuFeatures has them.
//
// A scan tries the `count` nonces from `first_nonce` on, which share their high half, a group at a
// time; `count` is a multiple of the group's size. Returns how many came before the first group
// with a digest whose first 32 bits are at most the target's, or `count`.
struct Sha256Scan {
  uint64_t (*scan)(const Sha256Job& job, uint64_t first_nonce, uint64_t count);
  uint64_t group;
};

inline constexpr uint64_t kSha256ScanNi = 2;
inline constexpr uint64_t kSha256ScanAvx2 = 8;
inline constexpr uint64_t kSha256ScanAvx512 = 16;

uint64_t ScanSha256Ni(const Sha256Job& job, uint64_t first_nonce, uint64_t count);
uint64_t ScanSha256Avx2(const Sha256Job& job, uint64_t first_nonce, uint64_t count);
uint64_t ScanSha256Avx512(const Sha256Job& job, uint64_t first_nonce, uint64_t count);

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_SHA256_SEARCH_KERNELS_H_
