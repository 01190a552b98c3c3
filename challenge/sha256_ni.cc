// Compiled with -msha -msse4.1 and nothing wider.
#include "challenge/sha256_ni.h"

#if defined(__x86_64__)

#include <immintrin.h>

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

}  // namespace

void Sha256CompressNi(std::uint32_t* state, const std::uint8_t* blocks,
                      std::size_t count) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0BLL, 0x0405060700010203LL);
  // The instructions want the state as (a, b, e, f) and (c, d, g, h), highest lane first.
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

  for (; count != 0; --count, blocks += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    const auto load = [blocks, swap](int i) {
      return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks + 16 * i)),
                              swap);
    };
    __m128i w0 = load(0);
    __m128i w1 = load(1);
    __m128i w2 = load(2);
    __m128i w3 = load(3);
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
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace stile

#endif  // defined(__x86_64__)
