#ifndef STILE_VERIFIER_COOKIE_VALUES_AVX2_H_
#define STILE_VERIFIER_COOKIE_VALUES_AVX2_H_

#include <cstddef>
#include <cstdint>

namespace stile {

// NextCookieValue in a field of `length` characters for a name of `size` of them, 64 places at a
// time. Returns the greatest std::size_t if there is none. Call it only where the CPU has AVX2.
[[nodiscard]] std::size_t NextCookieValueAvx2(const char* field, std::size_t length,
                                              std::size_t from, const char* name,
                                              std::size_t size) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_COOKIE_VALUES_AVX2_H_
