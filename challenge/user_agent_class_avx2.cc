// Compiled with -mavx2. Has no inline function of another file in it, which the linker could take
// for all of the program.
#include "challenge/user_agent_class_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace stile {
namespace {

// Replaces every digit of 32 bytes by '0'.
inline __m256i EraseDigits(const char* text) noexcept {
  const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i above_0 = _mm256_sub_epi8(x, _mm256_set1_epi8('0'));
  const __m256i digit = _mm256_cmpeq_epi8(_mm256_min_epu8(above_0, _mm256_set1_epi8(9)), above_0);
  return _mm256_andnot_si256(_mm256_and_si256(digit, _mm256_set1_epi8(0x0F)), x);
}

// Mixes in 16 bytes.
inline void Mix(UserAgentHalves& h, const char* p) noexcept {
  std::uint64_t first;
  std::uint64_t second;
  __builtin_memcpy(&first, p, sizeof first);
  __builtin_memcpy(&second, p + 8, sizeof second);
  MixUserAgent(h, first, second);
}

}  // namespace

UserAgentHalves HalvesOfUserAgentAvx2(const char* text, std::size_t length) noexcept {
  UserAgentHalves h = StartOfUserAgent(length);
  alignas(32) char bytes[64];
  __m256i* const erased = reinterpret_cast<__m256i*>(bytes);
  std::size_t left = length;
  for (; left >= 32; left -= 32, text += 32) {
    _mm256_store_si256(erased, EraseDigits(text));
    Mix(h, bytes);
    Mix(h, bytes + 16);
  }
  if (left != 0) {
    // The last 32 bytes with zeros after them, from the first one that isn't mixed in yet.
    _mm256_store_si256(erased, EraseDigits(text + left - 32));
    _mm256_store_si256(erased + 1, _mm256_setzero_si256());
    const char* const rest = bytes + 32 - left;
    Mix(h, rest);
    if (left > 16) Mix(h, rest + 16);
  }
  return h;
}

}  // namespace stile

#endif  // defined(__x86_64__)
