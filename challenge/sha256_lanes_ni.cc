// Compiled with -msha -msse4.1 and nothing wider.
#include "challenge/sha256_lanes_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "challenge/sha256_rounds.h"

// Two chains side by side: on AMD's Zen a round instruction ends after four cycles and another may
// begin after two, so that the second one comes nearly for free.

namespace stile {
namespace {

// The states of two chains as the instructions want them: (a, b, e, f) and (c, d, g, h).
struct Pair {
  __m128i abef[2];
  __m128i cdgh[2];
};

// Four words of the message of each chain.
struct Words {
  __m128i of[2];
};

[[gnu::always_inline]] inline void FourRounds(Pair& s, const Words& w, int i) noexcept {
  const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds + 4 * i));
  const __m128i first = _mm_add_epi32(w.of[0], k);
  const __m128i second = _mm_add_epi32(w.of[1], k);
  s.cdgh[0] = _mm_sha256rnds2_epu32(s.cdgh[0], s.abef[0], first);
  s.cdgh[1] = _mm_sha256rnds2_epu32(s.cdgh[1], s.abef[1], second);
  s.abef[0] = _mm_sha256rnds2_epu32(s.abef[0], s.cdgh[0], _mm_shuffle_epi32(first, 0x0E));
  s.abef[1] = _mm_sha256rnds2_epu32(s.abef[1], s.cdgh[1], _mm_shuffle_epi32(second, 0x0E));
}

// Makes `a` the words that follow a, b, c, d.
[[gnu::always_inline]] inline void Schedule(Words& a, const Words& b, const Words& c,
                                            const Words& d) noexcept {
  for (int j = 0; j < 2; ++j) {
    const __m128i sum =
        _mm_add_epi32(_mm_sha256msg1_epu32(a.of[j], b.of[j]), _mm_alignr_epi8(d.of[j], c.of[j], 4));
    a.of[j] = _mm_sha256msg2_epu32(sum, d.of[j]);
  }
}

[[gnu::always_inline]] inline void Fold(Pair& s, Words w0, Words w1, Words w2, Words w3) noexcept {
  const Pair before = s;
  FourRounds(s, w0, 0);
  FourRounds(s, w1, 1);
  FourRounds(s, w2, 2);
  FourRounds(s, w3, 3);
#pragma GCC unroll 3
  for (int i = 4; i < 16; i += 4) {
    Schedule(w0, w1, w2, w3);
    FourRounds(s, w0, i);
    Schedule(w1, w2, w3, w0);
    FourRounds(s, w1, i + 1);
    Schedule(w2, w3, w0, w1);
    FourRounds(s, w2, i + 2);
    Schedule(w3, w0, w1, w2);
    FourRounds(s, w3, i + 3);
  }
  for (int j = 0; j < 2; ++j) {
    s.abef[j] = _mm_add_epi32(s.abef[j], before.abef[j]);
    s.cdgh[j] = _mm_add_epi32(s.cdgh[j], before.cdgh[j]);
  }
}

// Swaps the bytes of each 32-bit word.
inline __m128i SwapWords(__m128i words) noexcept {
  return _mm_shuffle_epi8(words, _mm_set_epi64x(0x0C0D0E0F08090A0BLL, 0x0405060700010203LL));
}

inline Words LoadWords(const std::uint8_t* first, const std::uint8_t* second, int i) noexcept {
  return {SwapWords(_mm_loadu_si128(reinterpret_cast<const __m128i*>(first + 16 * i))),
          SwapWords(_mm_loadu_si128(reinterpret_cast<const __m128i*>(second + 16 * i)))};
}

[[gnu::always_inline]] inline void FoldBytes(Pair& s, const std::uint8_t* first,
                                             const std::uint8_t* second) noexcept {
  Fold(s, LoadWords(first, second, 0), LoadWords(first, second, 1), LoadWords(first, second, 2),
       LoadWords(first, second, 3));
}

inline Pair LoadPair(const std::uint32_t* first, const std::uint32_t* second) noexcept {
  Pair s;
  const std::uint32_t* const states[2] = {first, second};
  for (int j = 0; j < 2; ++j) {
    const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(states[j]));
    const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(states[j] + 4));
    const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    s.abef[j] = _mm_alignr_epi8(cdab, efgh, 8);
    s.cdgh[j] = _mm_blend_epi16(efgh, cdab, 0xF0);
  }
  return s;
}

// The states in the order of their words, a and e in the lowest lanes.
struct Ordered {
  Words dcba;
  Words hgfe;
};

inline Ordered InOrder(const Pair& s) noexcept {
  Ordered out;
  for (int j = 0; j < 2; ++j) {
    const __m128i feba = _mm_shuffle_epi32(s.abef[j], 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(s.cdgh[j], 0xB1);
    out.dcba.of[j] = _mm_blend_epi16(feba, dchg, 0xF0);
    out.hgfe.of[j] = _mm_alignr_epi8(dchg, feba, 8);
  }
  return out;
}

void CompressPair(std::uint32_t* first, std::uint32_t* second, const std::uint8_t* first_block,
                  const std::uint8_t* second_block) noexcept {
  Pair s = LoadPair(first, second);
  FoldBytes(s, first_block, second_block);
  const Ordered out = InOrder(s);
  std::uint32_t* const states[2] = {first, second};
  for (int j = 0; j < 2; ++j) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(states[j]), out.dcba.of[j]);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(states[j] + 4), out.hgfe.of[j]);
  }
}

}  // namespace

void Sha256CompressEachNi(std::uint32_t* states, const std::uint8_t* blocks,
                          std::size_t count) noexcept {
  for (; count >= 2; count -= 2, states += 16, blocks += 128) {
    CompressPair(states, states + 8, blocks, blocks + 64);
  }
  // One that is left over takes as long alone as beside itself.
  std::uint32_t unused[8] = {};
  if (count != 0) CompressPair(states, unused, blocks, blocks);
}

void Sha256NestedPairNi(const std::uint32_t* const inner[2], const std::uint32_t* const outer[2],
                        const std::uint8_t* const blocks[2],
                        std::uint8_t* const digests[2]) noexcept {
  Pair s = LoadPair(inner[0], inner[1]);
  FoldBytes(s, blocks[0], blocks[1]);
  const Ordered message = InOrder(s);
  // The rest of the outer block: the bit after 32 bytes, and the length of those and a block.
  const __m128i end = _mm_set_epi32(0, 0, 0, static_cast<int>(0x80000000U));
  const __m128i length = _mm_set_epi32((64 + 32) * 8, 0, 0, 0);
  s = LoadPair(outer[0], outer[1]);
  Fold(s, message.dcba, message.hgfe, {end, end}, {length, length});
  const Ordered out = InOrder(s);
  for (int j = 0; j < 2; ++j) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(digests[j]), SwapWords(out.dcba.of[j]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(digests[j] + 16), SwapWords(out.hgfe.of[j]));
  }
}

}  // namespace stile

#endif  // defined(__x86_64__)
