// Compiled with -msha -msse4.1 and nothing wider.
#include "challenge/puzzle/sha256_search_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "challenge/sha256_ni_fold.h"
#include "challenge/sha256_rounds.h"

// Two nonces side by side, each in a chain of SHA instructions: one alone leaves the unit idle half
// the time on AMD's Zen. What the low half of the nonce doesn't change is done before.

namespace stile {
namespace {

constexpr uint32_t kOneBit = 0x80000000;
constexpr uint32_t kMessageBits = 608;

struct Pair {
  __m128i of[2];
};

// All that is the same for nonces of one high half.
struct Fixed {
  __m128i abef, cdgh;  // The midstate,
  __m128i after;       // and (a, b, e, f) two rounds later.
  __m128i words;       // Part, high half, 0, one bit.
};

inline __m128i Constants(int i) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds + 4 * i));
}

inline __m128i High(__m128i x) { return _mm_shuffle_epi32(x, 0x0E); }

Fixed Prepare(const Sha256Job& job, uint32_t nonce_high) {
  const Halves midstate = ToHalves(job.midstate);
  Fixed fixed;
  fixed.abef = midstate.abef;
  fixed.cdgh = midstate.cdgh;
  fixed.words = _mm_set_epi32(static_cast<int>(kOneBit), 0, static_cast<int>(nonce_high),
                              static_cast<int>(job.part));
  fixed.after =
      _mm_sha256rnds2_epu32(fixed.cdgh, fixed.abef, _mm_add_epi32(fixed.words, Constants(0)));
  return fixed;
}

// Four rounds with what the message words and their constants add up to.
[[gnu::always_inline]] inline void FourRounds(Pair& abef, Pair& cdgh, __m128i first,
                                              __m128i second) {
  cdgh.of[0] = _mm_sha256rnds2_epu32(cdgh.of[0], abef.of[0], first);
  cdgh.of[1] = _mm_sha256rnds2_epu32(cdgh.of[1], abef.of[1], second);
  abef.of[0] = _mm_sha256rnds2_epu32(abef.of[0], cdgh.of[0], High(first));
  abef.of[1] = _mm_sha256rnds2_epu32(abef.of[1], cdgh.of[1], High(second));
}

[[gnu::always_inline]] inline void FourRounds(Pair& abef, Pair& cdgh, const Pair& w, int i) {
  const __m128i k = Constants(i);
  FourRounds(abef, cdgh, _mm_add_epi32(w.of[0], k), _mm_add_epi32(w.of[1], k));
}

// The words that follow four rows of four, where what the first two rows give is `sum`.
[[gnu::always_inline]] inline __m128i Next(__m128i sum, __m128i c, __m128i d) {
  return _mm_sha256msg2_epu32(_mm_add_epi32(sum, _mm_alignr_epi8(d, c, 4)), d);
}

[[gnu::always_inline]] inline void Schedule(Pair& a, const Pair& b, const Pair& c, const Pair& d) {
  for (int j = 0; j < 2; ++j) {
    a.of[j] = Next(_mm_sha256msg1_epu32(a.of[j], b.of[j]), c.of[j], d.of[j]);
  }
}

// Returns (a, b, e, f) after the last round. Of the message's second block, rows 1 and 2 are zero.
[[gnu::always_inline]] inline Pair LastRounds(const Fixed& fixed, const Pair& w0) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i length = _mm_set_epi32(static_cast<int>(kMessageBits), 0, 0, 0);
  Pair cdgh{{fixed.after, fixed.after}};
  Pair abef;
  for (int j = 0; j < 2; ++j) {
    const __m128i wk = High(_mm_add_epi32(w0.of[j], Constants(0)));
    abef.of[j] = _mm_sha256rnds2_epu32(fixed.abef, fixed.after, wk);
  }
  FourRounds(abef, cdgh, Constants(1), Constants(1));
  FourRounds(abef, cdgh, Constants(2), Constants(2));
  const __m128i last = _mm_add_epi32(length, Constants(3));
  FourRounds(abef, cdgh, last, last);

  Pair a;
  Pair b;
  Pair c;
  Pair d;
  for (int j = 0; j < 2; ++j) {
    a.of[j] = Next(_mm_sha256msg1_epu32(w0.of[j], zero), zero, length);
    b.of[j] = Next(zero, length, a.of[j]);
    c.of[j] = Next(zero, a.of[j], b.of[j]);
    d.of[j] = Next(_mm_sha256msg1_epu32(length, a.of[j]), b.of[j], c.of[j]);
  }
  FourRounds(abef, cdgh, a, 4);
  FourRounds(abef, cdgh, b, 5);
  FourRounds(abef, cdgh, c, 6);
  FourRounds(abef, cdgh, d, 7);
#pragma GCC unroll 2
  for (int i = 8; i < 16; i += 4) {
    Schedule(a, b, c, d);
    FourRounds(abef, cdgh, a, i);
    Schedule(b, c, d, a);
    FourRounds(abef, cdgh, b, i + 1);
    Schedule(c, d, a, b);
    FourRounds(abef, cdgh, c, i + 2);
    Schedule(d, a, b, c);
    FourRounds(abef, cdgh, d, i + 3);
  }
  return abef;
}

}  // namespace

uint64_t ScanSha256Ni(const Sha256Job& job, uint64_t first_nonce, uint64_t count) {
  static_assert(kSha256ScanNi == 2);
  const Fixed fixed = Prepare(job, static_cast<uint32_t>(first_nonce >> 32));
  const __m128i threshold = _mm_set1_epi32(static_cast<int>(job.target >> 32));
  const __m128i low = _mm_set_epi32(0, static_cast<int>(first_nonce), 0, 0);
  const __m128i one = _mm_set_epi32(0, 1, 0, 0);
  Pair w0{{_mm_add_epi32(fixed.words, low), _mm_add_epi32(_mm_add_epi32(fixed.words, low), one)}};
  const __m128i two = _mm_add_epi32(one, one);
  for (uint64_t done = 0; done < count; done += 2) {
    const Pair abef = LastRounds(fixed, w0);
    // The highest lane of each is a, in which the digest begins.
    const __m128i first = _mm_add_epi32(abef.of[0], fixed.abef);
    const __m128i second = _mm_add_epi32(abef.of[1], fixed.abef);
    const __m128i both = _mm_unpackhi_epi32(first, second);
    const __m128i hits = _mm_cmpeq_epi32(_mm_min_epu32(both, threshold), both);
    if ((_mm_movemask_epi8(hits) & 0xFF00) != 0) return done;
    w0.of[0] = _mm_add_epi32(w0.of[0], two);
    w0.of[1] = _mm_add_epi32(w0.of[1], two);
  }
  return count;
}

}  // namespace stile

#endif  // defined(__x86_64__)
