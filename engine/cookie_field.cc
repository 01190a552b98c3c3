#include "engine/cookie_field.h"

#include <algorithm>

#include "engine/bounded_text.h"

namespace stile {
namespace {

constexpr std::string_view kSpace = " \t";

std::string_view WithoutLeadingSpace(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text;
}

std::string_view NameOf(std::string_view pair) noexcept {
  const std::string_view name = WithoutLeadingSpace(pair.substr(0, pair.find('=')));
  return name.substr(0, name.find_last_not_of(kSpace) + 1);
}

}  // namespace

std::size_t CopyCookiesWithout(std::string_view cookie, std::span<const std::string_view> names,
                               std::span<char> out) noexcept {
  BoundedText text(out);
  while (true) {
    const std::size_t end = std::min(cookie.find(';'), cookie.size());
    const std::string_view pair = cookie.substr(0, end);
    if (std::find(names.begin(), names.end(), NameOf(pair)) == names.end()) {
      if (text.view().empty()) {
        text.Add(WithoutLeadingSpace(pair));
      } else {
        text.Add(";").Add(pair);
      }
    }
    if (end == cookie.size()) return text.view().size();
    cookie.remove_prefix(end + 1);
  }
}

}  // namespace stile
