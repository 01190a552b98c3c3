#include "service/engine_request.h"

#include <cstddef>
#include <string_view>

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

// The sizes that names which matter have, as bits: most of a head's fields end here.
constexpr std::uint64_t kKnownSizes = [] {
  std::uint64_t sizes = std::uint64_t{1} << std::string_view("cookie").size();
  for (const KnownField& field : kKnownFields) sizes |= std::uint64_t{1} << field.name.size();
  return sizes;
}();

}  // namespace

Request EngineRequestOf(const RequestHead& head, const ClientOrigin& origin,
                        std::uint16_t site) noexcept {
  Request request;
  request.method = head.method();
  request.target = head.target();
  request.host = head.host_name();
  request.address = origin.address;
  request.https = origin.https;
  request.site = site;

  unsigned seen = 0;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    if (field.name.size() >= 64 || (kKnownSizes >> field.name.size() & 1) == 0) continue;
    if (EqualsLower(field.name, "cookie")) {
      if (request.cookie_count < Request::kMaxCookieFields) {
        request.cookies[request.cookie_count++] = field.value;
      }
      continue;
    }
    for (std::size_t known = 0; known < std::size(kKnownFields); ++known) {
      if (!EqualsLower(field.name, kKnownFields[known].name)) continue;
      const unsigned bit = 1U << known;
      request.*kKnownFields[known].value = (seen & bit) == 0 ? field.value : std::string_view();
      seen |= bit;
      break;
    }
  }
  return request;
}

}  // namespace stile
