#ifndef STILE_BENCH_ATTACK_GPU_HASHWX_STATE_CUH_
#define STILE_BENCH_ATTACK_GPU_HASHWX_STATE_CUH_

// What comes before and after a function's programs (HashWX, sections 3.1 and 3.4 and appendix A).
// Also the head of the source that HashwxText writes, so it includes nothing.

#define STILE_HASHWX_STATE                                                                       \
  __device__ __forceinline__ unsigned long long RotateLeft(unsigned long long x, int n) {        \
    return x << n | x >> (64 - n);                                                               \
  }                                                                                              \
  __device__ __forceinline__ void SipRound(unsigned long long* v) {                              \
    v[0] += v[1];                                                                                \
    v[2] += v[3];                                                                                \
    v[1] = RotateLeft(v[1], 13) ^ v[0];                                                          \
    v[3] = RotateLeft(v[3], 16) ^ v[2];                                                          \
    v[0] = RotateLeft(v[0], 32) + v[3];                                                          \
    v[2] += v[1];                                                                                \
    v[1] = RotateLeft(v[1], 17) ^ v[2];                                                          \
    v[3] = RotateLeft(v[3], 21) ^ v[0];                                                          \
    v[2] = RotateLeft(v[2], 32);                                                                 \
  }                                                                                              \
  __device__ __forceinline__ void StartHashwx(unsigned long long k0, unsigned long long k1,      \
                                              unsigned long long nonce, unsigned long long* r) { \
    unsigned long long v[4] = {0x736F6D6570736575ull ^ k0, 0x646F72616E646F6Dull ^ k1,           \
                               0x6C7967656E657261ull ^ k0, 0x7465646279746573ull ^ k1};          \
    v[3] ^= nonce;                                                                               \
    SipRound(v);                                                                                 \
    v[0] ^= nonce;                                                                               \
    v[2] ^= 0xBB;                                                                                \
    for (int i = 0; i < 3; ++i) SipRound(v);                                                     \
    for (int i = 0; i < 4; ++i) r[i] = v[3 - i];                                                 \
    v[0] ^= k0;                                                                                  \
    v[1] ^= k1;                                                                                  \
    v[2] ^= k0;                                                                                  \
    v[3] ^= k1;                                                                                  \
    for (int i = 0; i < 4; ++i) SipRound(v);                                                     \
    for (int i = 0; i < 4; ++i) r[4 + i] = v[3 - i];                                             \
    r[8] = (r[4] & ~7ull) | 3;                                                                   \
    r[9] = (r[7] & ~7ull) | 5;                                                                   \
  }                                                                                              \
  __device__ __forceinline__ unsigned long long FinishHashwx(unsigned long long* r) {            \
    SipRound(r);                                                                                 \
    SipRound(r + 4);                                                                             \
    return r[3] ^ r[7] ^ r[9];                                                                   \
  }

#define STILE_TEXT_OF(...) #__VA_ARGS__
#define STILE_TEXT(...) STILE_TEXT_OF(__VA_ARGS__)

#endif  // STILE_BENCH_ATTACK_GPU_HASHWX_STATE_CUH_
