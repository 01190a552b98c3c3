// Compiled with -msha -msse4.1 and nothing wider. Has no inline function of another file in it that
// isn't local, which the linker could take for all of the program.
#include "challenge/clearance_mac_ni.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include "challenge/sha256_ni_fold.h"
#include "challenge/user_agent_halves.h"

namespace stile {
namespace {

inline __m128i Load(const void* p) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

// Replaces every digit by '0'.
inline __m128i EraseDigits(__m128i x) noexcept {
  // Signed numbers, of which those of the digits are the ten lowest.
  const __m128i above_0 = _mm_add_epi8(x, _mm_set1_epi8(static_cast<char>(0x80 - '0')));
  const __m128i digit = _mm_cmplt_epi8(above_0, _mm_set1_epi8(static_cast<char>(0x80 + 10)));
  return _mm_andnot_si128(_mm_and_si128(digit, _mm_set1_epi8(0x0F)), x);
}

inline void Mix(UserAgentHalves& halves, __m128i erased) noexcept {
  MixUserAgent(halves, static_cast<std::uint64_t>(_mm_cvtsi128_si64(erased)),
               static_cast<std::uint64_t>(_mm_extract_epi64(erased, 1)));
}

// Moves the last bytes of a vector to its front, from the byte on that one loads these from, and
// leaves zeros behind them.
alignas(32) constexpr char kToFront[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                           11, 12, 13, 14, 15, -1, -1, -1, -1, -1, -1,
                                           -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

inline std::uint32_t ClassOf(const char* text, std::size_t length) noexcept {
  UserAgentHalves halves = StartOfUserAgent(length);
  const char* const end = text + length;
  for (; end - text >= 16; text += 16) Mix(halves, EraseDigits(Load(text)));
  if (text != end) {
    const __m128i last = EraseDigits(Load(end - 16));
    Mix(halves, _mm_shuffle_epi8(last, Load(kToFront + 16 - (end - text))));
  }
  return JoinUserAgent(halves);
}

}  // namespace

MacBesideAgent AuthenticateNi(const std::uint32_t* inner, const std::uint32_t* outer,
                              const std::uint8_t* block, const std::uint8_t* tag,
                              const char* user_agent, std::size_t length) noexcept {
  Words message = FoldInner(inner, block);
  // Keeps what follows behind the first compression, and the second one behind that.
  asm volatile("" : "+x"(message.dcba), "+x"(message.hgfe), "+r"(user_agent));
  std::uint32_t found = ClassOf(user_agent, length);
  asm volatile("" : "+x"(message.dcba), "+x"(message.hgfe), "+r"(found));
  const __m128i right = SwapWords(FoldOuter(outer, message).dcba);
  const __m128i difference = _mm_xor_si128(right, Load(tag));
  return {found, _mm_testz_si128(difference, difference) != 0};
}

}  // namespace stile

#endif  // defined(__x86_64__)
