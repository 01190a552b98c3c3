#ifndef STILE_BENCH_ATTACK_GPU_SHA256_KERNEL_CUH_
#define STILE_BENCH_ATTACK_GPU_SHA256_KERNEL_CUH_

// The search of the puzzle `sha256` on a GPU: one compression a nonce, with all that the low half
// of the nonce doesn't change done once on the host, as challenge/puzzle/sha256_scan.h does it.

#include <stdint.h>

#include "bench/attack/gpu/hits.h"
#include "challenge/sha256_rounds.h"

namespace stile::gpu {

constexpr uint32_t kOneBit = 0x80000000;
constexpr uint32_t kMessageBits = 608;

__host__ __device__ __forceinline__ uint32_t Rotate(uint32_t x, int n) {
#if defined(__CUDA_ARCH__)
  return __funnelshift_r(x, x, n);
#else
  return x >> n | x << (32 - n);
#endif
}
__host__ __device__ __forceinline__ uint32_t BigSigma0(uint32_t x) {
  return Rotate(x, 2) ^ Rotate(x, 13) ^ Rotate(x, 22);
}
__host__ __device__ __forceinline__ uint32_t BigSigma1(uint32_t x) {
  return Rotate(x, 6) ^ Rotate(x, 11) ^ Rotate(x, 25);
}
__host__ __device__ __forceinline__ uint32_t SmallSigma0(uint32_t x) {
  return Rotate(x, 7) ^ Rotate(x, 18) ^ (x >> 3);
}
__host__ __device__ __forceinline__ uint32_t SmallSigma1(uint32_t x) {
  return Rotate(x, 17) ^ Rotate(x, 19) ^ (x >> 10);
}
__host__ __device__ __forceinline__ uint32_t Choose(uint32_t e, uint32_t f, uint32_t g) {
  return (e & f) ^ (~e & g);
}
__host__ __device__ __forceinline__ uint32_t Majority(uint32_t a, uint32_t b, uint32_t c) {
  return (a & b) | (a & c) | (b & c);
}

// One part, at one high half of the nonce.
struct Sha256Fixed {
  uint32_t k[64];  // What a round adds: its constant, with the word and the h that are fixed.
  uint32_t a, b, c, d, e, f, g;  // The state after round 2; a and e lack the low half of the nonce.
  uint32_t w16, w17, w18, w31;   // The fixed parts of these schedule words.
  uint32_t first_word;           // What the last step adds to a.
  uint32_t threshold;            // The first word of the target.
};

inline void PrepareSha256(const uint32_t midstate[8], uint32_t part, uint32_t nonce_high,
                          uint64_t target, Sha256Fixed& fixed) {
  uint32_t s[8];
  for (int i = 0; i < 8; ++i) s[i] = midstate[i];
  const uint32_t words[3] = {part, nonce_high, 0};
  for (int i = 0; i < 3; ++i) {
    const uint32_t t1 =
        s[7] + BigSigma1(s[4]) + Choose(s[4], s[5], s[6]) + kSha256Rounds[i] + words[i];
    const uint32_t t2 = BigSigma0(s[0]) + Majority(s[0], s[1], s[2]);
    for (int j = 7; j > 0; --j) s[j] = s[j - 1];
    s[4] += t1;
    s[0] = t1 + t2;
  }
  fixed.a = s[0], fixed.b = s[1], fixed.c = s[2], fixed.d = s[3];
  fixed.e = s[4], fixed.f = s[5], fixed.g = s[6];
  fixed.w16 = SmallSigma0(nonce_high) + part;
  fixed.w17 = SmallSigma1(kMessageBits) + nonce_high;
  fixed.w18 = SmallSigma1(fixed.w16) + SmallSigma0(kOneBit);
  fixed.w31 = SmallSigma0(fixed.w16) + kMessageBits;
  for (int i = 0; i < 64; ++i) fixed.k[i] = kSha256Rounds[i];
  fixed.k[3] += kOneBit + s[7];
  fixed.k[4] += s[6];
  fixed.k[5] += s[5];
  fixed.k[15] += kMessageBits;
  fixed.k[16] += fixed.w16;
  fixed.first_word = midstate[0];
  fixed.threshold = static_cast<uint32_t>(target >> 32);
}

__constant__ Sha256Fixed g_fixed;

// The first word of the digest of nonce half `low`.
__device__ __forceinline__ uint32_t FirstWord(uint32_t low) {
  uint32_t a = g_fixed.a + low, b = g_fixed.b, c = g_fixed.c, d = g_fixed.d;
  uint32_t e = g_fixed.e + low, f = g_fixed.f, g = g_fixed.g, h = 0;
  uint32_t w[64];
  w[2] = low;
  w[17] = SmallSigma0(low) + g_fixed.w17;
  w[18] = low + g_fixed.w18;
  w[19] = SmallSigma1(w[17]) + kOneBit;
  w[20] = SmallSigma1(w[18]);
  w[21] = SmallSigma1(w[19]);
  w[22] = SmallSigma1(w[20]) + kMessageBits;
  w[23] = SmallSigma1(w[21]) + g_fixed.w16;
#pragma unroll
  for (int i = 24; i < 30; ++i) w[i] = SmallSigma1(w[i - 2]) + w[i - 7];
  w[30] = SmallSigma1(w[28]) + w[23] + SmallSigma0(kMessageBits);
  w[31] = SmallSigma1(w[29]) + w[24] + g_fixed.w31;
  w[32] = SmallSigma1(w[30]) + w[25] + SmallSigma0(w[17]) + g_fixed.w16;
#pragma unroll
  for (int i = 33; i < 64; ++i) {
    w[i] = SmallSigma1(w[i - 2]) + w[i - 7] + SmallSigma0(w[i - 15]) + w[i - 16];
  }
#pragma unroll
  for (int i = 3; i < 64; ++i) {
    uint32_t t1 = BigSigma1(e) + Choose(e, f, g) + g_fixed.k[i];
    if (i > 5) t1 += h;
    if (i > 16) t1 += w[i];
    const uint32_t t2 = BigSigma0(a) + Majority(a, b, c);
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  return a + g_fixed.first_word;
}

// Tries `rounds` nonces a thread, the grid's threads side by side, from `first_low` on.
__global__ void __launch_bounds__(256)
    SearchSha256(uint32_t first_low, uint32_t rounds, Hits* hits) {
  const uint32_t threads = gridDim.x * blockDim.x;
  uint32_t low = first_low + blockIdx.x * blockDim.x + threadIdx.x;
#pragma unroll 1
  for (uint32_t i = 0; i < rounds; ++i, low += threads) {
    const uint32_t word = FirstWord(low);
    if (word > g_fixed.threshold) continue;
    const uint32_t at = atomicAdd(&hits->count, 1u);
    if (at < Hits::kCapacity) hits->hits[at] = Hit{0, 0, low, word};
  }
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_SHA256_KERNEL_CUH_
