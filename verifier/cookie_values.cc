#include "verifier/cookie_values.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stile {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// True if a cookie called `name` begins at `at`. There is a '=' where its name would end.
bool BeginsAt(std::string_view field, std::size_t at, std::string_view name) noexcept {
  if (field[at] != name.front()) return false;
  std::size_t before = at;
  while (before != 0 && (field[before - 1] == ' ' || field[before - 1] == '\t')) --before;
  if (before != 0 && field[before - 1] != ';') return false;
  return std::memcmp(field.data() + at, name.data(), name.size()) == 0;
}

#if defined(__SSE2__)
// Finds the places where the first character of a name stands and '=' follows its last one.
class NameEnds {
 public:
  explicit NameEnds(std::string_view name) noexcept
      : first_(_mm_set1_epi8(name.front())), equals_(_mm_set1_epi8('=')), size_(name.size()) {}

  // All ones for each of the 16 places from `p`.
  [[nodiscard]] __m128i At(const char* p) const noexcept {
    return _mm_and_si128(
        _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), first_),
        _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + size_)), equals_));
  }

  // A bit for each of them.
  [[nodiscard]] std::uint32_t BitsAt(const char* p) const noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(At(p)));
  }

  [[nodiscard]] bool AnyOf64At(const char* p) const noexcept {
    return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(At(p), At(p + 16)),
                                          _mm_or_si128(At(p + 32), At(p + 48)))) != 0;
  }

 private:
  __m128i first_;
  __m128i equals_;
  std::size_t size_;
};
#endif

}  // namespace

std::size_t NextCookieValuePortable(std::string_view field, std::size_t from,
                                    std::string_view name) noexcept {
  if (name.empty()) return kNone;
  std::size_t equals = field.find('=', from + name.size());
  while (equals != kNone) {
    if (BeginsAt(field, equals - name.size(), name)) return equals + 1;
    equals = field.find('=', equals + 1);
  }
  return kNone;
}

std::size_t NextCookieValue(std::string_view field, std::size_t from,
                            std::string_view name) noexcept {
#if defined(__SSE2__)
  // A name can begin at `from` up to `last`, where 16 places from `last` - 15 end.
  if (name.empty() || field.size() <= name.size()) return kNone;
  const std::size_t last = field.size() - name.size() - 1;
  if (last < from + 15) return NextCookieValuePortable(field, from, name);
  const NameEnds ends(name);
  std::size_t at = from;
  while (at <= last) {
    if (last - at >= 63 && !ends.AnyOf64At(field.data() + at)) {
      at += 64;
      continue;
    }
    // The last 16 places overlap those before.
    const std::size_t window = last - at >= 15 ? at : last - 15;
    std::uint32_t bits = ends.BitsAt(field.data() + window) >> (at - window);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(bits));
      if (BeginsAt(field, place, name)) return place + name.size() + 1;
    }
    at = window + 16;
  }
  return kNone;
#else
  return NextCookieValuePortable(field, from, name);
#endif
}

}  // namespace stile
