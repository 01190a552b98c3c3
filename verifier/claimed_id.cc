#include "verifier/claimed_id.h"

#include <algorithm>
#include <cstddef>

#include "challenge/claimed_id.h"
#include "verifier/cookie_values.h"

namespace stile {
namespace {

constexpr std::size_t kMostCookies = 4;  // As many as are looked at for a clearance that counts.

}  // namespace

bool FindClaimedId(const Request& request, std::string_view cookie_name, TokenId& id) noexcept {
  const std::size_t fields = std::min(request.cookie_count, Request::kMaxCookieFields);
  std::size_t left = kMostCookies;
  for (std::size_t i = 0; i < fields; ++i) {
    const std::string_view field = request.cookies[i];
    for (std::size_t at = NextCookieValue(field, 0, cookie_name); at < field.size() && left != 0;
         at = NextCookieValue(field, at, cookie_name)) {
      --left;
      const std::string_view value = field.substr(at, Clearance::kTextSize);
      const std::size_t end = at + value.size();
      const bool ends = end == field.size() || field[end] == ';' || field[end] == '.' ||
                        field[end] == ' ' || field[end] == '\t';
      if (ends && ReadClaimedId(value, id)) return true;
    }
  }
  return false;
}

}  // namespace stile
