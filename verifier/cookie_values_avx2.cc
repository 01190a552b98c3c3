// Compiled with -mavx2. Has no inline function of another file in it, which the linker could take
// for all of the program.
#include "verifier/cookie_values_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "verifier/cookie_piece.h"

namespace stile {
namespace {

inline __m256i Are(const char* p, __m256i character) noexcept {
  return _mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), character);
}

inline std::uint32_t Bits(__m256i bytes) noexcept {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

constexpr std::size_t kNone = ~std::size_t{0};

// What the places of a name in a field are found by.
struct Name {
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

// True if a name of `size` characters is at `p`, whose first and last ones are right.
inline bool Has(const char* p, const char* name, std::size_t size) noexcept {
  if (size < 4) return size < 3 || p[1] == name[1];
  if (size < 8) {
    return !Differ<std::uint32_t>(p, name) && !Differ<std::uint32_t>(p + size - 4, name + size - 4);
  }
  for (std::size_t i = 0; i + 8 < size; i += 8) {
    if (Differ<std::uint64_t>(p + i, name + i)) return false;
  }
  return !Differ<std::uint64_t>(p + size - 8, name + size - 8);
}

// Looks for the places from `at` on and below `places` that a name may have. Moves `at` to the next
// 64 that have one, or fewer if they are the last, and returns a bit for each of them, the lowest
// for `at`. Returns 0 if there is none.
inline std::uint64_t NextNames(const char* field, std::size_t places, std::size_t& at,
                               const char* text, std::size_t size) noexcept {
  Name name{size, _mm256_set1_epi8(text[0]), _mm256_set1_epi8(text[size - 1]),
            _mm256_set1_epi8('=')};
  asm("" : "+x"(name.equals));  // Keeps it, where the compiler would make it anew.
  for (; at + 64 <= places; at += 64) {
    const __m256i low = MayHave(name, field + at);
    const __m256i high = MayHave(name, field + at + 32);
    if (Bits(_mm256_or_si256(low, high)) == 0) continue;
    return static_cast<std::uint64_t>(Bits(high)) << 32 | Bits(low);
  }
  if (at >= places) return 0;
  const std::size_t left = places - at;
  if (places < 32) {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < left; ++k) {
      const char* const p = field + at + k;
      const bool may_have = p[0] == text[0] && p[size - 1] == text[size - 1] && p[size] == '=';
      bits |= static_cast<std::uint64_t>(may_have) << k;
    }
    return bits;
  }
  // The last 32, of which some may lie before `at` or among the 32 from there.
  const std::uint64_t bits = Bits(MayHave(name, field + places - 32));
  return left <= 32 ? bits >> (32 - left) : bits << (left - 32) | Bits(MayHave(name, field + at));
}

// Returns the first value after `from` if one of the names that `bits` may mark, the lowest of them
// at `from`, is one, and else looks further.
[[gnu::noinline]] std::size_t FirstOf(std::uint64_t bits, const char* field, std::size_t length,
                                      std::size_t from, const char* name,
                                      std::size_t size) noexcept {
  for (; bits != 0; bits &= bits - 1) {
    const std::size_t at = from + static_cast<std::size_t>(__builtin_ctzll(bits));
    if (Has(field + at, name, size) && BeginsPiece(field, at)) return at + size + 1;
  }
  return NextCookieValueAvx2(field, length, from + 64, name, size);
}

}  // namespace

// Goes on from block to block whatever is found in them, so that the CPU need not wait for one
// before it can look at the next. What looks at the names is apart, and calls back: so neither has
// a register to save.
std::size_t NextCookieValueAvx2(const char* field, std::size_t length, std::size_t from,
                                const char* name, std::size_t size) noexcept {
  if (size == 0 || length <= size) return kNone;
  const std::size_t places = length - size;  // Where a name may begin.
  const std::uint64_t bits = NextNames(field, places, from, name, size);
  // GCC leaves it out before a call of a function that it knows, and the SHA instructions that come
  // later would take several times as long.
  _mm256_zeroupper();
  return bits == 0 ? kNone : FirstOf(bits, field, length, from, name, size);
}

}  // namespace stile

#endif  // defined(__x86_64__)
