#ifndef STILE_ENGINE_COOKIE_FIELD_H_
#define STILE_ENGINE_COOKIE_FIELD_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace stile {

// Writes a Cookie field's value to `out` without the pairs called one of `names`, byte for byte as
// a clearance is looked for, and returns the length. What stays is copied as it is; the white space
// before the first pair that stays is dropped. `out` is at least as long as `cookie`.
[[nodiscard]] std::size_t CopyCookiesWithout(std::string_view cookie,
                                             std::span<const std::string_view> names,
                                             std::span<char> out) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_COOKIE_FIELD_H_
