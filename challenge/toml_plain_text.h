#ifndef STILE_CHALLENGE_TOML_PLAIN_TEXT_H_
#define STILE_CHALLENGE_TOML_PLAIN_TEXT_H_

#include <cstddef>
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

// Where TOML `text` is nested deeper than any file of Stile's may be: more than kMaxTomlDepth
// brackets and braces are open, or a key has more than kMaxTomlDepth parts; nullopt if nowhere. To
// be asked before toml++ parses, which counts brackets but not the parts of a key, and takes a
// table apart by recursion. Costs a look at each byte.
inline constexpr std::size_t kMaxTomlDepth = 32;
[[nodiscard]] std::optional<TextPlace> FindDeepNesting(std::string_view text) noexcept;
inline constexpr std::string_view kNestingAdvice =
    "Nest values and the parts of a key at most 32 deep.";

// What to say of FindUnquotedNonAscii.
inline constexpr std::string_view kNonAsciiAdvice =
    "Put what is not plain ASCII in quotes: TOML allows it there and in comments.";

}  // namespace stile

#endif  // STILE_CHALLENGE_TOML_PLAIN_TEXT_H_
