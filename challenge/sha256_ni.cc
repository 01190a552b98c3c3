// Compiled with -msha -msse4.1 and nothing wider.
#include "challenge/sha256_ni.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "challenge/sha256_ni_fold.h"

namespace stile {

void Sha256CompressNi(std::uint32_t* state, const std::uint8_t* blocks,
                      std::size_t count) noexcept {
  Halves s = ToHalves(state);
  for (; count != 0; --count, blocks += 64) s = FoldBytes(s, blocks);
  const Words words = ToWords(s);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), words.dcba);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), words.hgfe);
}

void Sha256NestedNi(const std::uint32_t* inner, const std::uint32_t* outer,
                    const std::uint8_t* block, std::uint8_t* digest) noexcept {
  const Words words = FoldOuter(outer, FoldInner(inner, block));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(digest), SwapWords(words.dcba));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(digest + 16), SwapWords(words.hgfe));
}

}  // namespace stile

#endif  // defined(__x86_64__)
