#include "engine/request_origin.h"

#include <cstddef>
#include <string_view>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

// The host of a serialized origin, with the brackets of an IPv6 address; empty if it is opaque.
std::string_view HostOf(std::string_view origin) noexcept {
  if (origin.starts_with("https://")) {
    origin.remove_prefix(8);
  } else if (origin.starts_with("http://")) {
    origin.remove_prefix(7);
  } else {
    return {};
  }
  const std::size_t colon = origin.rfind(':');
  if (colon == std::string_view::npos) return origin;
  if (origin.find_first_not_of("0123456789", colon + 1) != std::string_view::npos) return origin;
  return origin.substr(0, colon);
}

}  // namespace

bool IsFromOwnOrigin(const Request& request) noexcept {
  if (request.origin.empty()) return true;
  const std::string_view host = HostOf(request.origin);
  return !host.empty() && EqualsIgnoringCase(host, request.host);
}

bool IsFromOwnPage(const Request& request) noexcept {
  if (!request.sec_fetch_site.empty() && request.sec_fetch_site != "same-origin") return false;
  return IsFromOwnOrigin(request);
}

}  // namespace stile
