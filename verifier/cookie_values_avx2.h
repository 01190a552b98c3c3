#ifndef STILE_VERIFIER_COOKIE_VALUES_AVX2_H_
#define STILE_VERIFIER_COOKIE_VALUES_AVX2_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// Looks in `text` for the places from `at` on and below `count` where a name may stand: with its
// first character, and with its last one and '=' where a name of `size` characters ends. Moves `at`
// to the next 64 places that have one, or fewer if they are the last, and returns a bit for each of
// them, the lowest for `at`. Returns 0 if there is none. Reads `count` + `size` bytes. Call it only
// where the CPU has AVX2.
[[nodiscard]] std::uint64_t NextNamesAvx2(const char* text, std::size_t count, std::size_t& at,
                                          const char* name, std::size_t size) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_COOKIE_VALUES_AVX2_H_
