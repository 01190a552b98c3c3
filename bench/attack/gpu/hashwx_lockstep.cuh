#ifndef STILE_BENCH_ATTACK_GPU_HASHWX_LOCKSTEP_CUH_
#define STILE_BENCH_ATTACK_GPU_HASHWX_LOCKSTEP_CUH_

// HashWX interpreted the plain way: a warp is at one instruction and switches on its opcode;
// threads that don't loop back wait for those that do. Here for comparison with hashwx_lanes.cuh.

#include "bench/attack/gpu/hashwx_lanes.cuh"

namespace stile::gpu {

// opcode | dst << 8 | src << 16 | imm << 24.
struct LockstepFunction {
  uint32_t code[32][10];
  uint64_t key[2];
};

struct LockstepJob {
  const LockstepFunction* functions;
  LaneJob rest;  // All but `functions`.
};

__device__ __forceinline__ uint64_t Join(uint2 v) { return static_cast<uint64_t>(v.y) << 32 | v.x; }
__device__ __forceinline__ uint2 Split(uint64_t v) {
  return make_uint2(static_cast<uint32_t>(v), static_cast<uint32_t>(v >> 32));
}

__device__ __forceinline__ uint64_t RunOpcode(uint32_t opcode, uint64_t d, uint64_t s,
                                              uint32_t imm) {
  const uint64_t rotated = d >> imm | d << (64 - imm);
  const uint64_t arithmetic = static_cast<uint64_t>(static_cast<int64_t>(d) >> imm);
  switch (opcode) {
    case 0:
      return (d | imm) * s;
    case 1:
      return (d ^ imm) * s;
    case 2:
      return (d + imm) * s;
    case 4:
      return rotated ^ s;
    case 5:
      return rotated + s;
    case 6:
      return rotated - s;
    case 7:
      return arithmetic ^ s;
    case 8:
      return arithmetic + s;
    case 9:
      return arithmetic - s;
    case 10:
      return (d >> imm) ^ s;
    case 11:
      return (d >> imm) + s;
    case 12:
      return (d >> imm) - s;
    default:
      return 0;
  }
}

template <bool kMemory, typename LaneType>
__device__ __forceinline__ void RunLockstep(const LaneType& lane, const uint32_t* code) {
  constexpr int kShift = LaneType::Layout::kShift;
  uint32_t branches = 32;
#pragma unroll 1
  for (uint32_t p = 0; p < 32; ++p) {
    const uint32_t* program = code + p * 10;
    bool again = true;
    while (again) {
      again = false;
      bool flag = false;
#pragma unroll 1
      for (uint32_t i = 0; i < 9; ++i) {
        const uint32_t word = program[i];
        const uint32_t opcode = word & 0xFF;
        if (opcode == 13) {
          if (branches == 0 || flag) continue;
          --branches;
          again = true;
          break;
        }
        const SharedAddress dst = lane.Register((word >> 8 & 0xFF) << kShift);
        const uint2 src = lane.Load(lane.Register((word >> 16 & 0xFF) << kShift));
        const uint64_t d = Join(lane.Load(dst));
        const uint32_t imm = word >> 24;
        if (opcode == 3) {
          const uint64_t product = d * Join(src);
          const uint64_t rotated = product >> imm | product << (64 - imm);
          flag = (rotated & 32) != 0;
          lane.Store(dst, Split(rotated));
        } else {
          const uint2 source = kMemory ? lane.Remembered(src) : src;
          lane.Store(dst, Split(RunOpcode(opcode, d, Join(source), imm)));
        }
      }
    }
    if constexpr (!kMemory) lane.Remember(p * 8);
  }
}

template <int kColumns, bool kSharedScratch>
__global__ void __launch_bounds__(kColumns) SearchHashwxLockstep(LockstepJob lockstep) {
  using Layout = LaneLayout<kColumns>;
  static_assert(sizeof(LockstepFunction::code) <= Layout::kCodeBytes);
  extern __shared__ __align__(16) char shared[];
  const LaneJob& job = lockstep.rest;
  const Lane<kColumns, kSharedScratch> lane(shared, job.scratch);
  uint32_t* const code = reinterpret_cast<uint32_t*>(shared);

  for (uint32_t f = blockIdx.x; f < job.function_count; f += gridDim.x) {
    const LockstepFunction* function = lockstep.functions + f;
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < 320; i += blockDim.x) code[i] = (&function->code[0][0])[i];
    __syncthreads();
#pragma unroll 1
    for (uint32_t n = threadIdx.x; n < job.nonces_per_function; n += blockDim.x) {
      const uint64_t nonce = job.first_nonce + n;
      unsigned long long r[10];
      StartHashwx(function->key[0], function->key[1], nonce, r);
#pragma unroll
      for (int i = 0; i < 10; ++i) lane.Store(lane.column + (i << Layout::kShift), Split(r[i]));
      RunLockstep<false>(lane, code);
      RunLockstep<true>(lane, code);
#pragma unroll
      for (int i = 0; i < 10; ++i) r[i] = Join(lane.Load(lane.column + (i << Layout::kShift)));
      const uint64_t hash = FinishHashwx(r);
      if (job.hashes != nullptr) {
        job.hashes[static_cast<uint64_t>(f) * job.nonces_per_function + n] = hash;
      }
      if (hash <= job.target) {
        const uint32_t at = atomicAdd(&job.hits->count, 1u);
        if (at < Hits::kCapacity) job.hits->hits[at] = Hit{f, 0, nonce, hash};
      }
    }
  }
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_HASHWX_LOCKSTEP_CUH_
