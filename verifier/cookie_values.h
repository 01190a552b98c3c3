#ifndef STILE_VERIFIER_COOKIE_VALUES_H_
#define STILE_VERIFIER_COOKIE_VALUES_H_

#include <cstddef>
#include <string_view>

namespace stile {

// Returns where in the Cookie field `field` the value of the next cookie called `name` begins: the
// place after the first "name=" at or after `from` with nothing but spaces and tabs between it and
// the ';' or the start of the field before it. Returns npos if there is none. `name` holds no ';',
// '=', space or tab; an empty one is never found.
//
// Looks at each byte a fixed number of times, 64 bytes at a time where the CPU can (chosen once, at
// load time).
[[nodiscard]] std::size_t NextCookieValue(std::string_view field, std::size_t from,
                                          std::string_view name) noexcept;

// The portable version of the same, for tests and for other CPUs.
[[nodiscard]] std::size_t NextCookieValuePortable(std::string_view field, std::size_t from,
                                                  std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_VERIFIER_COOKIE_VALUES_H_
