#include "engine/set_cookie.h"

#include <algorithm>

#include "engine/bounded_text.h"

namespace stile {

std::string_view RenderSetCookie(const SetCookie& cookie, std::span<char> out) noexcept {
  BoundedText text(out);
  text.Add(cookie.name).Add("=").Add(cookie.clearance);
  if (!cookie.other_family.empty()) text.Add(".").Add(cookie.other_family);
  text.Add("; Path=/");
  if (!cookie.domain.empty()) text.Add("; Domain=").Add(cookie.domain);
  const auto max_age = static_cast<std::uint64_t>(std::max<std::int64_t>(cookie.max_age, 0));
  text.Add("; Max-Age=").AddNumber(max_age).Add("; HttpOnly");
  if (cookie.secure) text.Add("; Secure");
  if (cookie.secure && cookie.same_site == SameSite::kNone) {
    text.Add("; SameSite=None; Partitioned");
  } else {
    text.Add("; SameSite=Lax");
  }
  return text.complete() ? text.view() : std::string_view{};
}

}  // namespace stile
