// Compiled with -mavx2. Has no inline function of another file in it, which the linker could take
// for all of the program.
#include "challenge/base64url_avx2.h"

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

// For a low half of 1 to 9, which only '-' lacks; A; B, C and E.
constexpr char kLow1 = kDash | kNone;
constexpr char kLowA = kDash | kDigits | kNone;
constexpr char kLowB = kDash | kDigits | kUpper | kLower | kNone;

// What a decoder needs, twice: for both lanes of a vector.
struct alignas(32) Tables {
  char not_at_low[32];
  char run_of_high[32];
  char shift_of_high[32];
  char in_order[32];
  char half[32];
  char underscore[32];
  char to_end[32];           // '_' is at the end of the alphabet, not 'A' + 30.
  char to_twelve[32];        // Two values of 6 bits become one of 12,
  short to_twenty_four[16];  // two of those one of 24.
};

#define STILE_TWICE(...) \
  { __VA_ARGS__, __VA_ARGS__ }
#define STILE_ALL(x) STILE_TWICE(x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x)
constexpr Tables kTables = {
    STILE_TWICE(kLow1 | kLetters, kLow1, kLow1, kLow1, kLow1, kLow1, kLow1, kLow1, kLow1, kLow1,
                kLowA, kLowB, kLowB, kDigits | kUpper | kLower | kNone, kLowB, kLowA | kLower),
    STILE_TWICE(kNone, kNone, kDash, kDigits, kLetters, kUpper, kLetters, kLower, kNone, kNone,
                kNone, kNone, kNone, kNone, kNone, kNone),
    STILE_TWICE(0, 0, 62 - '-', 52 - '0', 0 - 'A', 0 - 'A', 26 - 'a', 26 - 'a', 0, 0, 0, 0, 0, 0, 0,
                0),
    // The three bytes of each 32 bits, highest first.
    STILE_TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1), STILE_ALL(0x0F),
    STILE_ALL('_'), STILE_ALL(63 - ('_' - 'A')),
    STILE_TWICE(64, 1, 64, 1, 64, 1, 64, 1, 64, 1, 64, 1, 64, 1, 64, 1),
    STILE_TWICE(4096, 1, 4096, 1, 4096, 1, 4096, 1)};
#undef STILE_ALL
#undef STILE_TWICE

inline __m256i Load(const void* in) noexcept {
  return _mm256_loadu_si256(static_cast<const __m256i*>(in));
}

// Returns the 12 bytes of each lane's 16 characters, lowest first and four zeros after them. Leaves
// a bit in `bad` for each character that isn't in the alphabet.
inline __m256i Decode(const Tables& tables, __m256i text, __m256i& bad) noexcept {
  const __m256i half = Load(tables.half);
  const __m256i low = _mm256_and_si256(text, half);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), half);
  bad = _mm256_or_si256(bad, _mm256_and_si256(_mm256_shuffle_epi8(Load(tables.not_at_low), low),
                                              _mm256_shuffle_epi8(Load(tables.run_of_high), high)));
  const __m256i end =
      _mm256_and_si256(_mm256_cmpeq_epi8(text, Load(tables.underscore)), Load(tables.to_end));
  const __m256i shift = _mm256_shuffle_epi8(Load(tables.shift_of_high), high);
  const __m256i values = _mm256_add_epi8(text, _mm256_add_epi8(shift, end));
  const __m256i twelve = _mm256_maddubs_epi16(values, Load(tables.to_twelve));
  const __m256i twenty_four = _mm256_madd_epi16(twelve, Load(tables.to_twenty_four));
  return _mm256_shuffle_epi8(twenty_four, Load(tables.in_order));
}

inline __m256i LoadLanes(const char* low, const char* high) noexcept {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}

inline __m128i LowLane(__m256i v) noexcept { return _mm256_castsi256_si128(v); }
inline __m128i HighLane(__m256i v) noexcept { return _mm256_extracti128_si256(v, 1); }

inline void Store(std::uint8_t* out, __m128i bytes) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

inline void StoreTwelve(std::uint8_t* out, __m128i bytes) noexcept {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), bytes);
  _mm_storeu_si32(out + 8, _mm_shuffle_epi32(bytes, 2));
}

// Writes the 48 bytes of 64 characters.
inline void DecodeSixtyFour(const Tables& tables, const char* in, std::uint8_t* out,
                            __m256i& bad) noexcept {
  const __m256i to_front = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
  const __m256i to_back = _mm256_setr_epi32(7, 7, 0, 1, 2, 4, 5, 6);
  const __m256i a = _mm256_permutevar8x32_epi32(Decode(tables, Load(in), bad), to_front);
  const __m256i b = _mm256_permutevar8x32_epi32(Decode(tables, Load(in + 32), bad), to_back);
  Store(out, LowLane(a));
  Store(out + 16, _mm_blend_epi32(HighLane(a), LowLane(b), 0xC));
  Store(out + 32, HighLane(b));
}

}  // namespace

bool DecodeBase64UrlAvx2(const char* in, std::size_t count, std::uint8_t* out) noexcept {
  const Tables* tables = &kTables;
  asm("" : "+r"(tables));  // Has the tables loaded, where the compiler would make them anew twice.
  __m256i bad = _mm256_setzero_si256();
  for (; count >= 64; count -= 64, in += 64, out += 48) {
    DecodeSixtyFour(*tables, in, out, bad);
  }
  while (count != 0) {
    // Two lanes for the next 32 characters; for the last ones lanes that overlap, or reach back
    // over what is done.
    const std::size_t step = count < 32 ? count : 32;
    const char* const high = in + step - 16;
    const char* const low = step < 16 ? high : in;
    const __m256i bytes = Decode(*tables, LoadLanes(low, high), bad);
    std::uint8_t* const end = out + step / 4 * 3;
    StoreTwelve(step < 16 ? end - 12 : out, LowLane(bytes));
    StoreTwelve(end - 12, HighLane(bytes));
    count -= step;
    in += step;
    out = end;
  }
  return _mm256_testz_si256(bad, bad) != 0;
}

bool DecodeSignedBlockAvx2(const char* in, std::uint8_t* block, std::uint8_t* tag) noexcept {
  const Tables* tables = &kTables;
  asm("" : "+r"(tables));  // As above.
  __m256i bad = _mm256_setzero_si256();
  DecodeSixtyFour(*tables, in, block, bad);
  // Bytes 48 to 59, and bytes 57 to 68.
  const __m256i bytes = Decode(*tables, LoadLanes(in + 64, in + 76), bad);
  // The end of the body, then the bit that ends a message, and its length and that of the pad.
  constexpr long long kBody = 0xFF'FFFF'FFFFLL;
  constexpr long long kBit = 0x80LL << 40;
  constexpr unsigned long long kBits = (64 + 53) * 8;
  constexpr unsigned long long kLength = (kBits & 0xFF) << 56 | kBits >> 8 << 48;
  Store(block + 48, _mm_or_si128(_mm_and_si128(LowLane(bytes), _mm_set_epi64x(0, kBody)),
                                 _mm_set_epi64x(static_cast<long long>(kLength), kBit)));
  const __m256i parts = _mm256_shuffle_epi8(
      bytes, _mm256_setr_epi8(5, 6, 7, 8, 9, 10, 11, -1, -1, -1, -1, -1, -1, -1, -1, -1,  //
                              -1, -1, -1, -1, -1, -1, -1, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  Store(tag, _mm_or_si128(LowLane(parts), HighLane(parts)));
  return _mm256_testz_si256(bad, bad) != 0;
}

}  // namespace stile

#endif  // defined(__x86_64__)
