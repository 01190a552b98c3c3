#ifndef STILE_CHALLENGE_PUZZLE_SHA256_SCAN_H_
#define STILE_CHALLENGE_PUZZLE_SHA256_SCAN_H_

// The inner loop of the search, over as many lanes as the file that includes this wants, with the
// instructions that it may use: nothing here is shared between files. Freestanding, like
// sha256_search.h.

#include "challenge/puzzle/sha256_search.h"
#include "challenge/sha256_rounds.h"

#define STILE_INLINE inline __attribute__((always_inline))

namespace stile {
namespace {

// The second block: part, high and low half of the nonce, a one bit, zeros, the length in bits.
constexpr uint32_t kOneBit = 0x80000000;
constexpr uint32_t kMessageBits = 608;

// A vector of `kLanes` words, each of another nonce; one lane is a plain word.
template <int kLanes>
struct LanesOf {
  typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
  typedef uint64_t Pairs __attribute__((vector_size(4 * kLanes)));
};
template <>
struct LanesOf<1> {
  typedef uint32_t Words;
};

template <typename V>
STILE_INLINE V Rotate(V x, int n) {
  return (x >> n) | (x << (32 - n));
}

template <typename V>
STILE_INLINE V BigSigma0(V x) {
  return Rotate(x, 2) ^ Rotate(x, 13) ^ Rotate(x, 22);
}
template <typename V>
STILE_INLINE V BigSigma1(V x) {
  return Rotate(x, 6) ^ Rotate(x, 11) ^ Rotate(x, 25);
}
template <typename V>
STILE_INLINE V SmallSigma0(V x) {
  return Rotate(x, 7) ^ Rotate(x, 18) ^ (x >> 3);
}
template <typename V>
STILE_INLINE V SmallSigma1(V x) {
  return Rotate(x, 17) ^ Rotate(x, 19) ^ (x >> 10);
}
template <typename V>
STILE_INLINE V Choose(V e, V f, V g) {
  return g ^ (e & (f ^ g));
}

// All that the low half of the nonce doesn't change, once per call of the search.
template <int kLanes>
struct Fixed {
  using V = typename LanesOf<kLanes>::Words;

  V k[64];           // What a round adds: its constant, with the word and the h that are fixed.
  V b, c, d;         // The state after round 2, but for a and e,
  V f, g;            //
  V a_base, e_base;  // to which round 2 adds the low half of the nonce.
  V bc;              // b ^ c
  V w16, w17_base, w18_base, w19_base, w31_base;
  V first_word;  // What the last step adds to a.
  V threshold;   // The first word of the target.
};

template <int kLanes>
STILE_INLINE typename LanesOf<kLanes>::Words Splat(uint32_t x) {
  return typename LanesOf<kLanes>::Words{} + x;
}

template <int kLanes>
void Prepare(const Sha256Job& job, uint32_t nonce_high, Fixed<kLanes>& fixed) {
  uint32_t a = job.midstate[0], b = job.midstate[1], c = job.midstate[2], d = job.midstate[3];
  uint32_t e = job.midstate[4], f = job.midstate[5], g = job.midstate[6], h = job.midstate[7];
  const uint32_t words[2] = {job.part, nonce_high};
  for (int i = 0; i < 2; ++i) {
    const uint32_t t1 = h + BigSigma1(e) + Choose(e, f, g) + kSha256Rounds[i] + words[i];
    const uint32_t t2 = BigSigma0(a) + ((a & b) | (c & (a | b)));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  const uint32_t t1 = h + BigSigma1(e) + Choose(e, f, g) + kSha256Rounds[2];
  const uint32_t t2 = BigSigma0(a) + ((a & b) | (c & (a | b)));
  fixed.e_base = Splat<kLanes>(d + t1);
  fixed.a_base = Splat<kLanes>(t1 + t2);
  fixed.b = Splat<kLanes>(a);
  fixed.c = Splat<kLanes>(b);
  fixed.d = Splat<kLanes>(c);
  fixed.bc = Splat<kLanes>(a ^ b);
  fixed.f = Splat<kLanes>(e);
  fixed.g = Splat<kLanes>(f);

  const uint32_t w16 = SmallSigma0(nonce_high) + job.part;
  fixed.w16 = Splat<kLanes>(w16);
  fixed.w17_base = Splat<kLanes>(SmallSigma1(kMessageBits) + nonce_high);
  fixed.w18_base = Splat<kLanes>(SmallSigma1(w16) + SmallSigma0(kOneBit));
  fixed.w19_base = Splat<kLanes>(kOneBit);
  fixed.w31_base = Splat<kLanes>(SmallSigma0(w16) + kMessageBits);

  uint32_t k[64];
  for (int i = 0; i < 64; ++i) k[i] = kSha256Rounds[i];
  k[3] += kOneBit + g;  // In rounds 3, 4 and 5, h is fixed too.
  k[4] += f;
  k[5] += e;
  k[15] += kMessageBits;
  k[16] += w16;
  for (int i = 0; i < 64; ++i) fixed.k[i] = Splat<kLanes>(k[i]);

  fixed.first_word = Splat<kLanes>(job.midstate[0]);
  fixed.threshold = Splat<kLanes>(static_cast<uint32_t>(job.target >> 32));
}

// The schedule word of round `kI`, and in `w` those before it. Words 4 to 14 are zero, 15 and 16
// are fixed and not in `w`.
template <int kI, int kLanes, typename V>
STILE_INLINE V ScheduleWord(const Fixed<kLanes>& fixed, const V* w) {
  if constexpr (kI == 17) {
    return SmallSigma0(w[2]) + fixed.w17_base;
  } else if constexpr (kI == 18) {
    return w[2] + fixed.w18_base;
  } else if constexpr (kI == 19) {
    return SmallSigma1(w[17]) + fixed.w19_base;
  } else if constexpr (kI == 20 || kI == 21) {
    return SmallSigma1(w[kI - 2]);
  } else if constexpr (kI == 22) {
    return SmallSigma1(w[20]) + kMessageBits;
  } else if constexpr (kI == 23) {
    return SmallSigma1(w[21]) + fixed.w16;
  } else if constexpr (kI < 30) {
    return SmallSigma1(w[kI - 2]) + w[kI - 7];
  } else if constexpr (kI == 30) {
    return SmallSigma1(w[28]) + w[23] + SmallSigma0(kMessageBits);
  } else if constexpr (kI == 31) {
    return SmallSigma1(w[29]) + w[24] + fixed.w31_base;
  } else if constexpr (kI == 32) {
    return SmallSigma1(w[30]) + w[25] + SmallSigma0(w[17]) + fixed.w16;
  } else {
    return SmallSigma1(w[kI - 2]) + w[kI - 7] + SmallSigma0(w[kI - 15]) + w[kI - 16];
  }
}

// What stands before this is computed before what stands after it. Of use where the compiler's
// order is the machine's, and the machine looks ahead only so far: engines of WebAssembly no longer
// reorder a module's instructions.
template <typename V>
STILE_INLINE void Settle([[maybe_unused]] V& x) {
#if defined(__wasm__)
  asm volatile("" : "+r"(x));
#endif
}

// Rounds `kI` to 63. The names rotate instead of the values; `bc` is b ^ c, the part of the
// majority that the round before knows already. Returns the first word of the digest.
template <int kI, int kLanes, typename V>
STILE_INLINE V Rounds(const Fixed<kLanes>& fixed, V* w, V a, V b, V c, V d, V e, V f, V g, V h,
                      V bc) {
  // What takes longest, from one e to the next, comes last here and is settled first: a quarter
  // faster in V8.
  V t1 = fixed.k[kI];
  if constexpr (kI > 5) t1 += h;
  if constexpr (kI > 16) {
    w[kI] = ScheduleWord<kI>(fixed, w);
    t1 += w[kI];
  }
  t1 += Choose(e, f, g);
  t1 += BigSigma1(e);
  V next_e = d + t1;
  if constexpr (kI < 63) Settle(next_e);
  const V ab = a ^ b;
  const V majority = b ^ (ab & bc);
  const V next_a = t1 + (BigSigma0(a) + majority);
  if constexpr (kI == 63) {
    return next_a + fixed.first_word;
  } else {
    return Rounds<kI + 1>(fixed, w, next_a, a, b, c, next_e, e, f, g, ab);
  }
}

template <int kLanes, typename V>
STILE_INLINE V FirstWords(const Fixed<kLanes>& fixed, V nonce_low) {
  V w[64];
  w[2] = nonce_low;
  return Rounds<3>(fixed, w, fixed.a_base + nonce_low, fixed.b, fixed.c, fixed.d,
                   fixed.e_base + nonce_low, fixed.f, fixed.g, V{}, fixed.bc);
}

// True if some lane of `words` is at most the same lane of `threshold`.
template <int kLanes>
STILE_INLINE bool AnyAtMost(typename LanesOf<kLanes>::Words words,
                            typename LanesOf<kLanes>::Words threshold) {
  if constexpr (kLanes == 1) {
    return words <= threshold;
  } else {
    using Pairs = typename LanesOf<kLanes>::Pairs;
    const Pairs hits = reinterpret_cast<Pairs>(words <= threshold);
    uint64_t any = 0;
    for (int i = 0; i < kLanes / 2; ++i) any |= hits[i];
    return any != 0;
  }
}

// Tries `rounds` times `kLanes` nonces whose high half is the one that `fixed` holds. Returns how
// many rounds were run before the one in which some lane's first word is at most the target's.
template <int kLanes>
__attribute__((noinline)) uint64_t ScanLanes(const Fixed<kLanes>* fixed, uint32_t first_low,
                                             uint64_t rounds) {
  using V = typename LanesOf<kLanes>::Words;
  // Hides where the constants come from: a load is cheaper than a vector made of immediates.
  asm("" : "+r"(fixed));
  V low = Splat<kLanes>(first_low);
  if constexpr (kLanes > 1) {
    for (int i = 0; i < kLanes; ++i) low[i] += static_cast<uint32_t>(i);
  }
  for (uint64_t i = 0; i < rounds; ++i) {
    if (AnyAtMost<kLanes>(FirstWords<kLanes>(*fixed, low), fixed->threshold)) return i;
    low += static_cast<uint32_t>(kLanes);
  }
  return rounds;
}

// Scan, as sha256_search_kernels.h describes it. `count` is a multiple of kLanes.
template <int kLanes>
uint64_t ScanInLanes(const Sha256Job& job, uint64_t first_nonce, uint64_t count) {
  Fixed<kLanes> fixed;
  Prepare<kLanes>(job, static_cast<uint32_t>(first_nonce >> 32), fixed);
  return kLanes * ScanLanes<kLanes>(&fixed, static_cast<uint32_t>(first_nonce), count / kLanes);
}

}  // namespace
}  // namespace stile

#undef STILE_INLINE

#endif  // STILE_CHALLENGE_PUZZLE_SHA256_SCAN_H_
