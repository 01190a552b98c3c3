#ifndef STILE_BENCH_ATTACK_GPU_BENCH_FUNCTION_H_
#define STILE_BENCH_ATTACK_GPU_BENCH_FUNCTION_H_

#include <stdint.h>
#include <string.h>

#include "challenge/puzzle/hashwx_function.h"

namespace stile::gpu {

// The `index`th function of these measurements.
inline HashwxFunction BenchFunction(uint64_t index) {
  uint8_t seed[32];
  uint64_t state = index;
  for (int i = 0; i < 4; ++i) {  // SplitMix64
    state += 0x9E3779B97F4A7C15;
    uint64_t z = state * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB + index;
    z ^= z >> 31;
    memcpy(seed + 8 * i, &z, 8);
  }
  HashwxFunction function;
  HashwxFunction::Make(seed, function);
  return function;
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_BENCH_FUNCTION_H_
