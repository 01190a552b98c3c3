#ifndef STILE_BENCH_ATTACK_GPU_HASHWX_ENCODE_CUH_
#define STILE_BENCH_ATTACK_GPU_HASHWX_ENCODE_CUH_

// Functions in the forms that the kernels read.

#include <string.h>

#include "bench/attack/gpu/hashwx_lanes.cuh"
#include "bench/attack/gpu/hashwx_lockstep.cuh"
#include "challenge/puzzle/hashwx_function.h"

namespace stile::gpu {

// `function` in the control words of LaneLayout.
inline LaneFunction LaneFunctionOf(const HashwxFunction& function, int shift) {
  LaneFunction lane;
  memcpy(lane.key, function.key, sizeof lane.key);
  for (int p = 0; p < 32; ++p) {
    for (int slot = 0; slot < 8; ++slot) {
      const HashwxInstruction& i = function.programs[p][slot == 7 ? 8 : slot];
      uint32_t x = uint32_t{i.dst} << shift | uint32_t{i.src} << (shift + 10);
      uint32_t y = 0;
      if (i.opcode < 3) {
        constexpr uint32_t kFold[] = {3, 2, 0};  // -1, -2 and 0 in two bits.
        x |= kFold[i.opcode] << 30;
        y = i.imm;
      } else {
        x |= (i.imm & 31u) | (i.imm >= 32 ? 1u << 31 : 0);
        if (i.opcode != 3) {
          const uint32_t shape = (i.opcode - 4u) / 3;
          const uint32_t sum = (i.opcode - 4u) % 3;
          y = (shape == 1 ? 0xBBBB : 0x7654) | (shape == 2 ? 0 : 1u << 23);
          if (sum == 0) y |= 1u << 31;
          if (sum == 2) x |= 1u << 7;
        }
      }
      lane.code[slot][p] = make_uint2(x, y);
    }
  }
  return lane;
}

inline LockstepFunction LockstepFunctionOf(const HashwxFunction& function) {
  LockstepFunction lockstep;
  memcpy(lockstep.key, function.key, sizeof lockstep.key);
  for (int p = 0; p < 32; ++p) {
    for (int j = 0; j < 10; ++j) {
      const HashwxInstruction& i = function.programs[p][j];
      lockstep.code[p][j] =
          i.opcode | uint32_t{i.dst} << 8 | uint32_t{i.src} << 16 | uint32_t{i.imm} << 24;
    }
  }
  return lockstep;
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_HASHWX_ENCODE_CUH_
