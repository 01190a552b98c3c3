#ifndef STILE_TOOL_ANUBIS_REGEX_TEXTS_H_
#define STILE_TOOL_ANUBIS_REGEX_TEXTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// A text that a regular expression looks for, and whether only at the beginning or the end.
struct RegexText {
  std::string text;
  bool at_begin = false;
  bool at_end = false;

  friend bool operator==(const RegexText&, const RegexText&) = default;
};

// The texts that a regular expression finds, if it is no more than a choice of them: literals,
// groups and alternatives of them, small classes, "?", anchors, and ".*" at either end. At most
// 256, each of at most 512 bytes. nullopt for any other expression, and for one that finds the
// empty text anywhere.
[[nodiscard]] std::optional<std::vector<RegexText>> TextsOfRegex(std::string_view regex);

// `text` as a regular expression that finds just it.
[[nodiscard]] std::string QuotedRegex(std::string_view text);

// `regex` cut at its outermost '|': finding one of the parts is finding the whole.
[[nodiscard]] std::vector<std::string> RegexBranches(std::string_view regex);

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_REGEX_TEXTS_H_
