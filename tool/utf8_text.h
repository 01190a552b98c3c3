#ifndef STILE_TOOL_UTF8_TEXT_H_
#define STILE_TOOL_UTF8_TEXT_H_

#include <string>
#include <string_view>

namespace stile {

// `text` with U+FFFD for every byte that is no part of a UTF-8 character.
[[nodiscard]] std::string ValidUtf8(std::string_view text);

}  // namespace stile

#endif  // STILE_TOOL_UTF8_TEXT_H_
