// Compiled with -mssse3 and nothing wider.
#include "challenge/base64url_ssse3.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace stile {
namespace {

// The alphabet has at most one run of characters for each high half of a byte, and '_' besides. So
// two lookups find what is not in it: a bit for each run, set by the low half where the run doesn't
// have it and by the high half whose run it is. kNone is set by every low half.
constexpr char kDash = 1;     // 2D
constexpr char kDigits = 2;   // 30 to 39
constexpr char kLetters = 4;  // 41 to 4F, 61 to 6F
constexpr char kUpper = 8;    // 50 to 5A, 5F
constexpr char kLower = 16;   // 70 to 7A
constexpr char kNone = 32;

inline __m128i Load(const char* in) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
}

// Returns the 12 bytes of 16 characters, lowest first and four zeros after them. Leaves a bit in
// `bad` for each character that isn't in the alphabet.
inline __m128i Decode(__m128i text, __m128i& bad) noexcept {
  constexpr char kHole = kDash | kDigits | kNone;
  const __m128i not_at_low =
      _mm_setr_epi8(kDash | kLetters | kNone, kDash | kNone, kDash | kNone, kDash | kNone,
                    kDash | kNone, kDash | kNone, kDash | kNone, kDash | kNone, kDash | kNone,
                    kDash | kNone, kHole, kHole | kUpper | kLower, kHole | kUpper | kLower,
                    kDigits | kUpper | kLower | kNone, kHole | kUpper | kLower, kHole | kLower);
  const __m128i run_of_high =
      _mm_setr_epi8(kNone, kNone, kDash, kDigits, kLetters, kUpper, kLetters, kLower, kNone, kNone,
                    kNone, kNone, kNone, kNone, kNone, kNone);
  const __m128i shift_of_high = _mm_setr_epi8(0, 0, 62 - '-', 52 - '0', 0 - 'A', 0 - 'A', 26 - 'a',
                                              26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i half = _mm_set1_epi8(0x0F);
  const __m128i low = _mm_and_si128(text, half);
  const __m128i high = _mm_and_si128(_mm_srli_epi32(text, 4), half);
  bad = _mm_or_si128(
      bad, _mm_and_si128(_mm_shuffle_epi8(not_at_low, low), _mm_shuffle_epi8(run_of_high, high)));

  // '_' is at the end of the alphabet, not 'A' + 30.
  const __m128i underscore =
      _mm_and_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('_')), _mm_set1_epi8(63 - ('_' - 'A')));
  const __m128i values =
      _mm_add_epi8(text, _mm_add_epi8(_mm_shuffle_epi8(shift_of_high, high), underscore));
  // Two values of 6 bits become one of 12, two of those one of 24, whose bytes are then put in
  // order.
  const __m128i twelve = _mm_maddubs_epi16(values, _mm_set1_epi32(0x01400140));
  const __m128i twenty_four = _mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000));
  return _mm_shuffle_epi8(twenty_four,
                          _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
}

inline void Store(std::uint8_t* out, __m128i bytes) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

inline void StoreTwelve(std::uint8_t* out, __m128i bytes) noexcept {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), bytes);
  _mm_storeu_si32(out + 8, _mm_srli_si128(bytes, 8));
}

}  // namespace

bool DecodeBase64UrlSsse3(const char* in, std::size_t count, std::uint8_t* out) noexcept {
  __m128i bad = _mm_setzero_si128();
  for (; count >= 64; count -= 64, in += 64, out += 48) {
    const __m128i a = Decode(Load(in), bad);
    const __m128i b = Decode(Load(in + 16), bad);
    const __m128i c = Decode(Load(in + 32), bad);
    const __m128i d = Decode(Load(in + 48), bad);
    Store(out, _mm_or_si128(a, _mm_slli_si128(b, 12)));
    Store(out + 16, _mm_or_si128(_mm_srli_si128(b, 4), _mm_slli_si128(c, 8)));
    Store(out + 32, _mm_or_si128(_mm_srli_si128(c, 8), _mm_slli_si128(d, 4)));
  }
  for (; count >= 16; count -= 16, in += 16, out += 12) {
    StoreTwelve(out, Decode(Load(in), bad));
  }
  // The last 16 characters once more, as far as they are done.
  if (count != 0) {
    StoreTwelve(out + count / 4 * 3 - 12, Decode(Load(in + count - 16), bad));
  }
  return _mm_movemask_epi8(_mm_cmpeq_epi8(bad, _mm_setzero_si128())) == 0xFFFF;
}

}  // namespace stile

#endif  // defined(__x86_64__)
