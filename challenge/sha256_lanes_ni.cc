// Compiled with -msha -msse4.1 and nothing wider.
#include "challenge/sha256_lanes_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "challenge/sha256_ni_fold.h"
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
struct WordPair {
  __m128i of[2];
};

[[gnu::always_inline]] inline void FourRounds(Pair& s, const WordPair& w, int i) noexcept {
  const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds + 4 * i));
  const __m128i first = _mm_add_epi32(w.of[0], k);
  const __m128i second = _mm_add_epi32(w.of[1], k);
  s.cdgh[0] = _mm_sha256rnds2_epu32(s.cdgh[0], s.abef[0], first);
  s.cdgh[1] = _mm_sha256rnds2_epu32(s.cdgh[1], s.abef[1], second);
  s.abef[0] = _mm_sha256rnds2_epu32(s.abef[0], s.cdgh[0], _mm_shuffle_epi32(first, 0x0E));
  s.abef[1] = _mm_sha256rnds2_epu32(s.abef[1], s.cdgh[1], _mm_shuffle_epi32(second, 0x0E));
}

// Makes `a` the words that follow a, b, c, d.
[[gnu::always_inline]] inline void Schedule(WordPair& a, const WordPair& b, const WordPair& c,
                                            const WordPair& d) noexcept {
  for (int j = 0; j < 2; ++j) a.of[j] = Schedule(a.of[j], b.of[j], c.of[j], d.of[j]);
}

[[gnu::always_inline]] inline void Fold(Pair& s, WordPair w0, WordPair w1, WordPair w2,
                                        WordPair w3) noexcept {
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

inline WordPair LoadWords(const std::uint8_t* first, const std::uint8_t* second, int i) noexcept {
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
    const Halves halves = ToHalves(states[j]);
    s.abef[j] = halves.abef;
    s.cdgh[j] = halves.cdgh;
  }
  return s;
}

// The states in the order of their words, a and e in the lowest lanes.
struct Ordered {
  WordPair dcba;
  WordPair hgfe;
};

inline Ordered InOrder(const Pair& s) noexcept {
  Ordered out;
  for (int j = 0; j < 2; ++j) {
    const Words words = ToWords({s.abef[j], s.cdgh[j]});
    out.dcba.of[j] = words.dcba;
    out.hgfe.of[j] = words.hgfe;
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
  const __m128i end = NestedEnd();
  const __m128i length = NestedLength();
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
