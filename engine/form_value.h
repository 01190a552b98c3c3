#ifndef STILE_ENGINE_FORM_VALUE_H_
#define STILE_ENGINE_FORM_VALUE_H_

#include <span>
#include <string_view>

namespace stile {

// Decodes one value of an application/x-www-form-urlencoded body into the front of `scratch`, which
// then is what is left of it. Returns false if a percent sign lacks its two hex digits or there is
// no room. Never writes more than `text` has.
[[nodiscard]] bool DecodeFormValue(std::string_view text, std::span<char>& scratch,
                                   std::string_view& value) noexcept;

}  // namespace stile

#endif  // STILE_ENGINE_FORM_VALUE_H_
