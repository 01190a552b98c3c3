#ifndef STILE_BENCH_ATTACK_GPU_HASHWX_LANES_CUH_
#define STILE_BENCH_ATTACK_GPU_HASHWX_LANES_CUH_

// HashWX interpreted with every thread at a place of its own in the function. All programs have the
// same form (section 2.2), so that one straight line of code without a branch runs a pass of any
// program: what differs is in control words, and a thread that loops back or goes on only changes
// which words it reads. A warp therefore loses nothing to threads that branch apart, which is what
// HashWX relies on, and nothing has to be compiled.
//
// Registers lie in shared memory, a column for each thread, and so do the control words, program
// p's in bank pair p: no access conflicts with another thread's.

#include <stdint.h>

#include "bench/attack/gpu/hashwx_state.cuh"
#include "bench/attack/gpu/hits.h"

namespace stile::gpu {

STILE_HASHWX_STATE

// The control words of one function. Slots 0 to 7 are the instructions 0 to 6 and 8 of a program.
//   x, all:   dst << kShift | src << (kShift + 10)
//   RMCG:     x: bits 0-4 imm % 32, bit 31: imm >= 32.
//   XOR, ADD, SUB: the same; bit 7: subtract. y: bits 0-15 a byte selector that fills from the
//             low half or with the sign, bit 23: no logical shift, bit 31: xor.
//   MUL:      x: bits 30-31: 0 add, -1 or, -2 xor. y: imm.
template <int kColumns>
struct LaneLayout {
  static constexpr int kShift = kColumns == 32 ? 8 : kColumns == 64 ? 9 : kColumns == 128 ? 10 : 11;
  static constexpr uint32_t kPitch = 1u << kShift;  // Bytes from a register to the next.
  static constexpr uint32_t kRegister = 15u << kShift;
  static constexpr uint32_t kCodeBytes = 8 * 32 * 8;
  static constexpr uint32_t kRegisterBytes = 10 * kPitch;
};

// In device memory, in the order in which shared memory holds them.
struct LaneFunction {
  uint2 code[8][32];  // [slot][program]
  uint64_t key[2];
};

struct LaneJob {
  const LaneFunction* functions;
  uint32_t function_count;
  uint32_t nonces_per_function;
  uint64_t first_nonce;
  uint64_t target;
  char* scratch;     // 2 KiB a thread of the grid; unused with scratch in shared memory.
  uint64_t* hashes;  // If not null, all hashes, a function's after the one before.
  Hits* hits;
};

// Shared memory by its own addresses, so that a load is one instruction with the offset in it.
#if defined(__CUDA_ARCH__)
using SharedAddress = uint32_t;
__device__ __forceinline__ SharedAddress AddressOf(const char* shared) {
  return static_cast<SharedAddress>(__cvta_generic_to_shared(shared));
}
template <uint32_t kOffset = 0>
__device__ __forceinline__ uint2 LoadShared(SharedAddress at) {
  uint2 v;
  asm volatile("ld.shared.v2.u32 {%0, %1}, [%2 + %3];"
               : "=r"(v.x), "=r"(v.y)
               : "r"(at), "n"(kOffset));
  return v;
}
template <uint32_t kOffset = 0>
__device__ __forceinline__ void StoreShared(SharedAddress at, uint2 v) {
  asm volatile("st.shared.v2.u32 [%0 + %1], {%2, %3};" ::"r"(at), "n"(kOffset), "r"(v.x), "r"(v.y));
}
// Said to be global: a pointer of unknown kind costs a look at which it is.
__device__ __forceinline__ uint2 LoadGlobal(const char* at) {
  uint2 v;
  asm volatile("ld.global.v2.u32 {%0, %1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(at));
  return v;
}
__device__ __forceinline__ void StoreGlobal(char* at, uint2 a, uint2 b) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(at), "r"(a.x), "r"(a.y), "r"(b.x),
               "r"(b.y));
}
// Each of the selector's four nibbles picks a byte of b:a, or with its high bit that byte's sign
// eight times. __byte_perm can't do the latter.
__device__ __forceinline__ uint32_t Permute(uint32_t a, uint32_t b, uint32_t selector) {
  uint32_t d;
  asm("prmt.b32 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(b), "r"(selector));
  return d;
}
#else
using SharedAddress = uintptr_t;
inline SharedAddress AddressOf(const char* shared) {
  return reinterpret_cast<SharedAddress>(shared);
}
template <uint32_t kOffset = 0>
inline uint2 LoadShared(SharedAddress at) {
  return *reinterpret_cast<const uint2*>(at + kOffset);
}
template <uint32_t kOffset = 0>
inline void StoreShared(SharedAddress at, uint2 v) {
  *reinterpret_cast<uint2*>(at + kOffset) = v;
}
inline uint2 LoadGlobal(const char* at) { return *reinterpret_cast<const uint2*>(at); }
inline void StoreGlobal(char* at, uint2 a, uint2 b) {
  reinterpret_cast<uint2*>(at)[0] = a;
  reinterpret_cast<uint2*>(at)[1] = b;
}
inline uint32_t Permute(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
  uint32_t d = 0;
  for (int i = 0; i < 4; ++i) {
    const uint32_t nibble = selector >> (4 * i) & 15;
    uint32_t byte = bytes >> (8 * (nibble & 7)) & 255;
    if ((nibble & 8) != 0) byte = byte >= 128 ? 255 : 0;
    d |= byte << (8 * i);
  }
  return d;
}
#endif

__device__ __forceinline__ uint2 Rotated(uint2 d, uint32_t x) {
  const bool swap = static_cast<int32_t>(x) < 0;
  const uint32_t lo = swap ? d.y : d.x;
  const uint32_t hi = swap ? d.x : d.y;
  return make_uint2(__funnelshift_r(lo, hi, x), __funnelshift_r(hi, lo, x));
}

__device__ __forceinline__ uint2 Product(uint2 a, uint2 b) {
  const uint64_t low = static_cast<uint64_t>(a.x) * b.x;
  return make_uint2(static_cast<uint32_t>(low),
                    static_cast<uint32_t>(low >> 32) + a.x * b.y + a.y * b.x);
}

__device__ __forceinline__ uint2 RunMul(uint2 c, uint2 d, uint2 s) {
  // d + imm - k * (d & imm) with k = 0, 1 and 2 is d + imm, d | imm and d ^ imm.
  const int32_t k = static_cast<int32_t>(c.x) >> 30;
  const int32_t add = static_cast<int32_t>(c.y) + k * static_cast<int32_t>(d.x & c.y);
  const uint64_t sum =
      (static_cast<uint64_t>(d.y) << 32 | d.x) + static_cast<uint64_t>(static_cast<int64_t>(add));
  return Product(make_uint2(static_cast<uint32_t>(sum), static_cast<uint32_t>(sum >> 32)), s);
}

__device__ __forceinline__ uint2 RunXas(uint2 c, uint2 d, uint2 s) {
  const bool swap = static_cast<int32_t>(c.x) < 0;
  const uint32_t lo = swap ? d.y : d.x;
  const uint32_t hi = swap ? d.x : d.y;
  const uint32_t low_or_zero = lo & Permute(c.y, 0, 0xAAAA);
  const uint32_t fill = Permute(hi, low_or_zero, c.y);
  const uint32_t shifted_lo = __funnelshift_r(lo, hi, c.x);
  const uint32_t shifted_hi = __funnelshift_r(hi, fill, c.x);
  const uint32_t negate = Permute(c.x, 0, 0x8888);
  const uint32_t other_lo = s.x ^ negate;
  const uint32_t other_hi = s.y ^ negate;
  uint32_t sum_lo;
  uint32_t sum_hi;
#if defined(__CUDA_ARCH__)
  asm("{\n\t.reg .u32 t;\n\t"
      "add.cc.u32 t, %4, %4;\n\t"
      "addc.cc.u32 %0, %2, %5;\n\t"
      "addc.u32 %1, %3, %6;\n\t}"
      : "=r"(sum_lo), "=r"(sum_hi)
      : "r"(shifted_lo), "r"(shifted_hi), "r"(negate), "r"(other_lo), "r"(other_hi));
#else
  const uint64_t sum = (static_cast<uint64_t>(shifted_hi) << 32 | shifted_lo) +
                       (static_cast<uint64_t>(other_hi) << 32 | other_lo) + (negate & 1);
  sum_lo = static_cast<uint32_t>(sum);
  sum_hi = static_cast<uint32_t>(sum >> 32);
#endif
  const bool is_xor = static_cast<int32_t>(c.y) < 0;
  return make_uint2(is_xor ? shifted_lo ^ s.x : sum_lo, is_xor ? shifted_hi ^ s.y : sum_hi);
}

// One thread's view of memory. In shared memory: the code, the registers and, with it there, the
// scratch.
template <int kColumns, bool kSharedScratch>
struct Lane {
  using Layout = LaneLayout<kColumns>;
  static constexpr uint32_t kRegisters = Layout::kCodeBytes;
  static constexpr uint32_t kScratch = kRegisters + Layout::kRegisterBytes;

  SharedAddress code;
  SharedAddress column;  // Of the registers and of the scratch, from where each begins.
  char* scratch;         // This thread's 2 KiB, unless in shared memory.

  __device__ __forceinline__ Lane(const char* shared, char* all_scratch)
      : code(AddressOf(shared)),
        column(threadIdx.x * 8),
        scratch(kSharedScratch ? nullptr
                               : all_scratch + 2048ull * (blockIdx.x * blockDim.x + threadIdx.x)) {
#if defined(__CUDA_ARCH__)
    asm volatile("" : "+l"(scratch));  // Not to be computed again at each use.
#endif
  }

  __device__ __forceinline__ SharedAddress Register(uint32_t offset) const {
    return (offset & Layout::kRegister) | column;
  }
  __device__ __forceinline__ uint2 Load(SharedAddress r) const {
    return LoadShared<kRegisters>(r + code);
  }
  __device__ __forceinline__ void Store(SharedAddress r, uint2 v) const {
    StoreShared<kRegisters>(r + code, v);
  }
  // Word 255 - w of HashWX's memory is word w here, in the order in which programs write.
  __device__ __forceinline__ uint2 Remembered(uint2 s) const {
    const uint32_t at = ~s.x & 2040;
    if constexpr (kSharedScratch) {
      return LoadShared<kScratch>(column + at * kColumns + code);
    } else {
      return LoadGlobal(scratch + at);
    }
  }
  template <bool kMemory>
  __device__ __forceinline__ uint2 Source(uint2 c) const {
    const uint2 s = Load(Register(c.x >> 10));
    if constexpr (kMemory) return Remembered(s);
    return s;
  }
  __device__ __forceinline__ void Remember(uint32_t program8) const {
    uint2 v[8];
#pragma unroll
    for (int j = 0; j < 8; ++j) v[j] = Load(column + (j << Layout::kShift));
    if constexpr (kSharedScratch) {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        StoreShared<kScratch>(column + program8 * (kColumns * 8) + j * (kColumns * 8) + code, v[j]);
      }
    } else {
#pragma unroll
      for (int j = 0; j < 8; j += 2) {
        StoreGlobal(scratch + program8 * 8 + j * 8, v[j], v[j + 1]);
      }
    }
  }

  // Section 3.2 or 3.3. The permitted sources (appendix C) let two instructions run side by side:
  // neither of slots 0 and 1 reads the other, nor do 2 and 3, 4 and 5, 6 and 7.
  template <bool kMemory>
  __device__ __forceinline__ void Run() const {
    uint32_t program8 = 0;
    uint32_t branches = 32;
#pragma unroll 1
    while (program8 < 256) {
      const SharedAddress words = code + program8;
      const uint2 c[8] = {LoadShared<0>(words),    LoadShared<256>(words),  LoadShared<512>(words),
                          LoadShared<768>(words),  LoadShared<1024>(words), LoadShared<1280>(words),
                          LoadShared<1536>(words), LoadShared<1792>(words)};
      SharedAddress at[8];
      uint2 d[8];
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        at[j] = Register(c[j].x);
        d[j] = Load(at[j]);
      }
      const uint2 s0 = Load(Register(c[0].x >> 10));
      const uint2 s1 = Source<kMemory>(c[1]);
      d[0] = Rotated(Product(d[0], s0), c[0].x);
      d[1] = RunXas(c[1], d[1], s1);
      Store(at[0], d[0]);
      Store(at[1], d[1]);
      const uint2 s2 = Source<kMemory>(c[2]);
      const uint2 s3 = Source<kMemory>(c[3]);
      d[2] = RunMul(c[2], d[2], s2);
      d[3] = RunXas(c[3], d[3], s3);
      Store(at[2], d[2]);
      Store(at[3], d[3]);
      const uint2 s4 = Source<kMemory>(c[4]);
      const uint2 s5 = Source<kMemory>(c[5]);
      d[4] = RunMul(c[4], d[4], s4);
      d[5] = RunXas(c[5], d[5], s5);
      Store(at[4], d[4]);
      Store(at[5], d[5]);
      const uint2 s6 = Source<kMemory>(c[6]);
      const uint2 s7 = Source<kMemory>(c[7]);
      d[6] = RunMul(c[6], d[6], s6);
      d[7] = RunXas(c[7], d[7], s7);
      Store(at[6], d[6]);
      if (branches != 0 && (d[0].x & 32) == 0) {
        --branches;
      } else {
        Store(at[7], d[7]);
        if constexpr (!kMemory) Remember(program8);
        program8 += 8;
      }
    }
  }
};

// Each block takes one function after another, in steps of the grid, and its threads the nonces.
template <int kColumns, bool kSharedScratch>
__global__ void __launch_bounds__(kColumns) SearchHashwxLanes(LaneJob job) {
  using Layout = LaneLayout<kColumns>;
  extern __shared__ __align__(16) char shared[];
  const Lane<kColumns, kSharedScratch> lane(shared, job.scratch);

  for (uint32_t f = blockIdx.x; f < job.function_count; f += gridDim.x) {
    const LaneFunction* function = job.functions + f;
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < Layout::kCodeBytes / 8; i += blockDim.x) {
      StoreShared(lane.code + i * 8, (&function->code[0][0])[i]);
    }
    __syncthreads();
#pragma unroll 1
    for (uint32_t n = threadIdx.x; n < job.nonces_per_function; n += blockDim.x) {
      const uint64_t nonce = job.first_nonce + n;
      unsigned long long r[10];
      StartHashwx(function->key[0], function->key[1], nonce, r);
#pragma unroll
      for (int i = 0; i < 10; ++i) {
        lane.Store(lane.column + (i << Layout::kShift),
                   make_uint2(static_cast<uint32_t>(r[i]), static_cast<uint32_t>(r[i] >> 32)));
      }
      lane.template Run<false>();
      lane.template Run<true>();
#pragma unroll
      for (int i = 0; i < 10; ++i) {
        const uint2 v = lane.Load(lane.column + (i << Layout::kShift));
        r[i] = static_cast<unsigned long long>(v.y) << 32 | v.x;
      }
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

template <int kColumns, bool kSharedScratch>
constexpr uint32_t LaneSharedBytes() {
  using Layout = LaneLayout<kColumns>;
  return Layout::kCodeBytes + Layout::kRegisterBytes + (kSharedScratch ? kColumns * 2048u : 0);
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_HASHWX_LANES_CUH_
