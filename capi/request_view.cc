#include "capi/request_view.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "capi/given_text.h"
#include "engine/request_fields.h"

namespace stile {
namespace {

constexpr bool IsShort(const stile_str& text) noexcept { return text.size <= STILE_MAX_TEXT; }

// A host's name or address without its port; an IPv6 address keeps its brackets.
std::string_view WithoutPort(std::string_view host) noexcept {
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return host;
  return host.substr(0, host.find(':', bracket));
}

// False if there is no such family.
bool ReadAddress(const stile_request& given, Request& out) noexcept {
  if (given.address_family == 0) return true;
  if (given.address_family == 6) {
    IpAddress::Bytes16 bytes;
    std::memcpy(bytes.data(), given.address, bytes.size());
    out.address = IpAddress::V6(bytes);
    return true;
  }
  IpAddress::Bytes4 bytes;
  std::memcpy(bytes.data(), given.address, bytes.size());
  out.address = IpAddress::V4(bytes);
  return given.address_family == 4;
}

std::string_view CountryOf(const stile_request& given) noexcept {
  const char* const end = std::find(given.country, given.country + sizeof given.country, '\0');
  return {given.country, static_cast<std::size_t>(end - given.country)};
}

}  // namespace

RequestShape ReadRequest(const stile_request& given, std::span<RequestField> fields, Request& out,
                         std::size_t& used) noexcept {
  used = 0;
  if (!IsText(given.method) || !IsText(given.target) || !IsText(given.host) ||
      !IsText(given.tls_fingerprint) || (given.fields == nullptr && given.field_count > 0) ||
      !ReadAddress(given, out)) {
    return RequestShape::kWrong;
  }
  bool fits = IsShort(given.method) && IsShort(given.target) && IsShort(given.host) &&
              IsShort(given.tls_fingerprint) && given.field_count <= STILE_MAX_FIELDS;
  out.https = (given.flags & STILE_REQUEST_HTTPS) != 0;
  out.method = IsShort(given.method) ? TextOf(given.method) : "GET";
  out.target = IsShort(given.target) ? TextOf(given.target) : "/";
  out.host = IsShort(given.host) ? WithoutPort(TextOf(given.host)) : std::string_view();
  RequestFields known(out);
  const std::size_t count = std::min<std::size_t>(given.field_count, STILE_MAX_FIELDS);
  for (std::size_t i = 0; i < count; ++i) {
    const stile_field& field = given.fields[i];
    if (!IsText(field.name) || !IsText(field.value)) return RequestShape::kWrong;
    if (!IsShort(field.name) || !IsShort(field.value)) {
      fits = false;
      continue;
    }
    known.Take(TextOf(field.name), TextOf(field.value));
    if (!fields.empty()) fields[used++] = {TextOf(field.name), TextOf(field.value)};
  }
  out.fields = fields.first(used);
  out.country = CountryOf(given);
  out.asn = given.asn;
  out.tls_fingerprint = IsShort(given.tls_fingerprint) ? TextOf(given.tls_fingerprint) : "";
  return fits ? RequestShape::kGood : RequestShape::kTooMuch;
}

}  // namespace stile
