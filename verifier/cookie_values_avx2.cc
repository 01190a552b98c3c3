// Compiled with -mavx2. Has no inline function of another file in it, which the linker could take
// for all of the program.
#include "verifier/cookie_values_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace stile {
namespace {

inline __m256i Are(const char* p, __m256i character) noexcept {
  return _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), character);
}

inline std::uint32_t Bits(__m256i bytes) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

}  // namespace

std::uint64_t NextNamesAvx2(const char* text, std::size_t count, std::size_t& at, const char* name,
                            std::size_t size) noexcept {
  const __m256i first = _mm256_set1_epi8(name[0]);
  const __m256i last = _mm256_set1_epi8(name[size - 1]);
  __m256i equals = _mm256_set1_epi8('=');
  asm("" : "+x"(equals));  // Keeps it, where the compiler would make it anew.
  const auto names = [&](const char* p) {
    return _mm256_and_si256(_mm256_and_si256(Are(p, first), Are(p + size - 1, last)),
                            Are(p + size, equals));
  };
  std::size_t i = at;
  for (; i + 64 <= count; i += 64) {
    const __m256i low = names(text + i);
    const __m256i high = names(text + i + 32);
    const __m256i both = _mm256_or_si256(low, high);
    if (Bits(both) == 0) continue;
    at = i;
    return static_cast<std::uint64_t>(Bits(high)) << 32 | Bits(low);
  }
  // Fewer than 64 places are left.
  if (i >= count) return 0;
  at = i;
  std::uint64_t bits = 0;
  if (count < 32) {
    for (std::size_t k = i; k < count; ++k) {
      const bool is_one = text[k] == name[0] && text[k + size] == '=';
      bits |= static_cast<std::uint64_t>(is_one) << (k - i);
    }
    return bits;
  }
  // The last 32, of which some may lie before `i` or among the 32 from there.
  bits = Bits(names(text + count - 32));
  const std::size_t left = count - i;
  return left <= 32 ? bits >> (32 - left) : bits << (left - 32) | Bits(names(text + i));
}

}  // namespace stile

#endif  // defined(__x86_64__)
