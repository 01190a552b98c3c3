#ifndef STILE_CHALLENGE_TOML_PLAIN_TEXT_H_
#define STILE_CHALLENGE_TOML_PLAIN_TEXT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace stile {

// A place in a text, both from 1. Columns count code points.
struct TextPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// Where TOML `text` first has a byte above 0x7E outside quotes and comments, where TOML 1.0 allows
// none (section Keys); nullopt if nowhere. To be asked before toml++ parses: version 3.3 of it runs
// into undefined behaviour on such a byte.
[[nodiscard]] std::optional<TextPlace> FindUnquotedNonAscii(std::string_view text) noexcept;

// What to say of it.
inline constexpr std::string_view kNonAsciiAdvice =
    "Put what is not plain ASCII in quotes: TOML allows it there and in comments.";

}  // namespace stile

#endif  // STILE_CHALLENGE_TOML_PLAIN_TEXT_H_
