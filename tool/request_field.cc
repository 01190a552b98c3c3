#include "tool/request_field.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "service/request_head.h"

namespace stile {

std::optional<RequestField> ParseField(std::string_view line) noexcept {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return RequestField{line.substr(0, colon), value};
}

void TakeField(const RequestField& field, Request& request) noexcept {
  const std::pair<std::string_view, std::string_view*> known[] = {
      {"host", &request.host},
      {"user-agent", &request.user_agent},
      {"accept", &request.accept},
      {"accept-language", &request.accept_language},
      {"origin", &request.origin},
      {"access-control-request-method", &request.access_control_request_method},
      {"sec-fetch-mode", &request.sec_fetch_mode},
      {"content-type", &request.content_type},
  };
  for (const auto& [name, view] : known) {
    if (field.name.size() == name.size() && EqualsLower(field.name, name)) *view = field.value;
  }
  if (EqualsLower(field.name, "cookie") && request.cookie_count < Request::kMaxCookieFields) {
    request.cookies[request.cookie_count++] = field.value;
  }
}

}  // namespace stile
