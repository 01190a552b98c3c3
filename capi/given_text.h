#ifndef STILE_CAPI_GIVEN_TEXT_H_
#define STILE_CAPI_GIVEN_TEXT_H_

#include <string_view>

#include "capi/stile.h"

namespace stile {

// True if `text` is text: NULL has no size.
[[nodiscard]] constexpr bool IsText(const stile_str& text) noexcept {
  return text.data != nullptr || text.size == 0;
}

// `text` as the engine has it. IsText.
[[nodiscard]] constexpr std::string_view TextOf(const stile_str& text) noexcept {
  return text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
}

[[nodiscard]] constexpr stile_str GivenText(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace stile

#endif  // STILE_CAPI_GIVEN_TEXT_H_
