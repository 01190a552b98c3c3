#ifndef STILE_BENCH_ATTACK_GPU_HITS_H_
#define STILE_BENCH_ATTACK_GPU_HITS_H_

#include <stdint.h>

namespace stile::gpu {

// A nonce that a kernel claims to solve, for the CPU to check.
struct Hit {
  uint32_t function;  // Which of a launch's functions; 0 for sha256.
  uint32_t unused;
  uint64_t nonce;
  uint64_t value;  // The hash; for sha256 the digest's first word.
};

// What a launch reports, in device memory. Hits over the capacity are counted and not kept.
struct Hits {
  static constexpr uint32_t kCapacity = 1 << 16;

  uint32_t count;
  uint32_t unused;
  Hit hits[kCapacity];
};

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_HITS_H_
