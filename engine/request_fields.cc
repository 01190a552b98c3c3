#include "engine/request_fields.h"

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

struct KnownField {
  std::string_view name;
  std::string_view Request::*value;
};

constexpr KnownField kKnownFields[] = {
    {"user-agent", &Request::user_agent},
    {"accept", &Request::accept},
    {"accept-language", &Request::accept_language},
    {"origin", &Request::origin},
    {"access-control-request-method", &Request::access_control_request_method},
    {"sec-fetch-mode", &Request::sec_fetch_mode},
    {"sec-fetch-site", &Request::sec_fetch_site},
    {"content-type", &Request::content_type},
};

}  // namespace

void RequestFields::TakeKnown(std::string_view name, std::string_view value) noexcept {
  static_assert(kKnownSizes == [] {
    std::uint64_t sizes = std::uint64_t{1} << std::string_view("cookie").size();
    for (const KnownField& field : kKnownFields) sizes |= std::uint64_t{1} << field.name.size();
    return sizes;
  }());
  if (EqualsLower(name, "cookie")) {
    if (request_.cookie_count < Request::kMaxCookieFields) {
      request_.cookies[request_.cookie_count++] = value;
    }
    return;
  }
  for (std::size_t known = 0; known < std::size(kKnownFields); ++known) {
    if (!EqualsLower(name, kKnownFields[known].name)) continue;
    const unsigned bit = 1U << known;
    request_.*kKnownFields[known].value = (seen_ & bit) == 0 ? value : std::string_view();
    seen_ |= bit;
    return;
  }
}

}  // namespace stile
