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

// A name, and what its places in a field are found by.
struct Name {
  const char* text;
  std::size_t size;
  __m256i first;
  __m256i last;
  __m256i equals;
};

// Marks which of the 32 places from `p` on have the name's first character, and its last one and
// '=' where a name ends.
inline __m256i MayHave(const Name& name, const char* p) noexcept {
  return _mm256_and_si256(_mm256_and_si256(Are(p, name.first), Are(p + name.size - 1, name.last)),
                          Are(p + name.size, name.equals));
}

// True if nothing but blanks is between `at` and the ';' or the start of the field before it.
inline bool BeginsPiece(const char* field, std::size_t at) noexcept {
  while (at != 0 && (field[at - 1] == ' ' || field[at - 1] == '\t')) --at;
  return at == 0 || field[at - 1] == ';';
}

template <typename Word>
inline Word Load(const char* p) noexcept {
  Word word;
  __builtin_memcpy(&word, p, sizeof word);
  return word;
}

template <typename Word>
inline bool Differ(const char* a, const char* b) noexcept {
  return Load<Word>(a) != Load<Word>(b);
}

// True if the name is at `p`, whose first and last characters are right.
inline bool Has(const Name& name, const char* p) noexcept {
  const std::size_t size = name.size;
  if (size < 4) return size < 3 || p[1] == name.text[1];
  if (size < 8) {
    return !Differ<std::uint32_t>(p, name.text) &&
           !Differ<std::uint32_t>(p + size - 4, name.text + size - 4);
  }
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (Differ<std::uint64_t>(p + i, name.text + i)) return false;
  }
  return !Differ<std::uint64_t>(p + size - 8, name.text + size - 8);
}

// The bits of fewer than 64 places: those from `at` on and below `places`.
inline std::uint64_t LastBits(const Name& name, const char* field, std::size_t at,
                              std::size_t places) noexcept {
  const std::size_t left = places - at;
  if (places < 32) {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < left; ++k) {
      const char* const p = field + at + k;
      const bool may_have = p[0] == name.text[0] && p[name.size - 1] == name.text[name.size - 1] &&
                            p[name.size] == '=';
      bits |= static_cast<std::uint64_t>(may_have) << k;
    }
    return bits;
  }
  // The last 32, of which some may lie before `at` or among the 32 from there.
  const std::uint64_t bits = Bits(MayHave(name, field + places - 32));
  return left <= 32 ? bits >> (32 - left) : bits << (left - 32) | Bits(MayHave(name, field + at));
}

}  // namespace

std::size_t NextCookieValueAvx2(const char* field, std::size_t length, std::size_t from,
                                const char* text, std::size_t size) noexcept {
  constexpr std::size_t kNone = ~std::size_t{0};
  if (size == 0 || length <= size) return kNone;
  const std::size_t places = length - size;  // Where a name may begin.
  Name name{text, size, _mm256_set1_epi8(text[0]), _mm256_set1_epi8(text[size - 1]),
            _mm256_set1_epi8('=')};
  asm("" : "+x"(name.equals));  // Keeps it, where the compiler would make it anew.
  // Goes on from block to block whatever is found in them, so that the CPU need not wait for one
  // before it can look at the next.
  for (std::size_t block = from; block < places; block += 64) {
    std::uint64_t bits = 0;
    if (block + 64 <= places) {
      const __m256i low = MayHave(name, field + block);
      const __m256i high = MayHave(name, field + block + 32);
      if (Bits(_mm256_or_si256(low, high)) == 0) continue;
      bits = static_cast<std::uint64_t>(Bits(high)) << 32 | Bits(low);
    } else {
      bits = LastBits(name, field, block, places);
    }
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t at = block + static_cast<std::size_t>(__builtin_ctzll(bits));
      if (Has(name, field + at) && BeginsPiece(field, at)) return at + size + 1;
    }
  }
  return kNone;
}

}  // namespace stile

#endif  // defined(__x86_64__)
