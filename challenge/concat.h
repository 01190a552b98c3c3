#ifndef STILE_CHALLENGE_CONCAT_H_
#define STILE_CHALLENGE_CONCAT_H_

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace stile {

// One piece of text from several: strings as they are, integers in decimal. (Debian's abseil is
// built with a string_view of its own, so absl::StrCat doesn't take ours.)
template <typename... Parts>
[[nodiscard]] std::string Concat(const Parts&... parts) {
  std::string text;
  const auto append = [&text](const auto& part) {
    if constexpr (std::integral<std::remove_cvref_t<decltype(part)>>) {
      text += std::to_string(part);
    } else {
      text += std::string_view(part);
    }
  };
  (append(parts), ...);
  return text;
}

}  // namespace stile

#endif  // STILE_CHALLENGE_CONCAT_H_
