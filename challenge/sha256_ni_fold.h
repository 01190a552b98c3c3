#ifndef STILE_CHALLENGE_SHA256_NI_FOLD_H_
#define STILE_CHALLENGE_SHA256_NI_FOLD_H_

// How the SHA extensions fold a block into a state, for the translation units that are compiled
// with -msha -msse4.1 and nothing wider; empty elsewhere. Everything in it is local to the unit
// that includes it, so that the linker can't take one unit's copy for all of the program.
#if defined(__SHA__) && defined(__SSE4_1__)

#include <immintrin.h>

#include <cstdint>

#include "challenge/sha256_rounds.h"

namespace stile {
namespace {

// Four rounds with the message words `w` = w[4 i] .. w[4 i + 3].
inline void FourRounds(__m128i& abef, __m128i& cdgh, __m128i w, int i) noexcept {
  const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds + 4 * i));
  const __m128i wk = _mm_add_epi32(w, k);
  cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
  abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0E));
}

// Returns the next four words of the message schedule after a, b, c, d (oldest first).
inline __m128i Schedule(__m128i a, __m128i b, __m128i c, __m128i d) noexcept {
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
  return _mm_sha256msg2_epu32(sum, d);
}

// The state as the instructions want it: (a, b, e, f) and (c, d, g, h), highest lane first.
struct Halves {
  __m128i abef;
  __m128i cdgh;
};

// The state in the order of its words, a in the lowest lane of `dcba`.
struct Words {
  __m128i dcba;
  __m128i hgfe;
};

inline Halves ToHalves(const std::uint32_t* state) noexcept {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

inline Words ToWords(Halves s) noexcept {
  const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xB1);
  return {_mm_blend_epi16(feba, dchg, 0xF0), _mm_alignr_epi8(dchg, feba, 8)};
}

// Swaps the bytes of each 32-bit word.
inline __m128i SwapWords(__m128i words) noexcept {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0C0D0E0F08090A0BLL, 0x0405060700010203LL));
}

// Folds the block whose words are w0 to w3 into `s`.
inline Halves Fold(Halves s, __m128i w0, __m128i w1, __m128i w2, __m128i w3) noexcept {
  __m128i abef = s.abef;
  __m128i cdgh = s.cdgh;
  FourRounds(abef, cdgh, w0, 0);
  FourRounds(abef, cdgh, w1, 1);
  FourRounds(abef, cdgh, w2, 2);
  FourRounds(abef, cdgh, w3, 3);
#pragma GCC unroll 3
  for (int i = 4; i < 16; i += 4) {
    w0 = Schedule(w0, w1, w2, w3);
    FourRounds(abef, cdgh, w0, i);
    w1 = Schedule(w1, w2, w3, w0);
    FourRounds(abef, cdgh, w1, i + 1);
    w2 = Schedule(w2, w3, w0, w1);
    FourRounds(abef, cdgh, w2, i + 2);
    w3 = Schedule(w3, w0, w1, w2);
    FourRounds(abef, cdgh, w3, i + 3);
  }
  return {_mm_add_epi32(abef, s.abef), _mm_add_epi32(cdgh, s.cdgh)};
}

inline Halves FoldBytes(Halves s, const std::uint8_t* block) noexcept {
  const auto load = [block](int i) {
    return SwapWords(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i)));
  };
  return Fold(s, load(0), load(1), load(2), load(3));
}

// The words of the block that ends a message of one block and a digest, after the digest's: the bit
// after 32 bytes, and the length of those and a block.
inline __m128i NestedEnd() noexcept {
  return _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000U));
}
inline __m128i NestedLength() noexcept { return _mm_set_epi32((64 + 32) * 8, 0, 0, 0); }

// The first compression of an HMAC over one block, and the second.
inline Words FoldInner(const std::uint32_t* inner, const std::uint8_t* block) noexcept {
  return ToWords(FoldBytes(ToHalves(inner), block));
}
inline Words FoldOuter(const std::uint32_t* outer, Words message) noexcept {
  return ToWords(Fold(ToHalves(outer), message.dcba, message.hgfe, NestedEnd(), NestedLength()));
}

}  // namespace
}  // namespace stile

#endif  // defined(__SHA__) && defined(__SSE4_1__)

#endif  // STILE_CHALLENGE_SHA256_NI_FOLD_H_
