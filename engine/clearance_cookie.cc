#include "engine/clearance_cookie.h"

#include <algorithm>

#include "engine/set_cookie.h"
#include "engine/site_index.h"

namespace stile {
namespace {

std::int64_t MaxAge(const ClearanceCookie& cookie, UnixMillis now) noexcept {
  std::int64_t expires_at = cookie.expires_at;
  SealedClearance other;
  if (other.Parse(cookie.other_family) == TokenShape::kWellFormed) {
    expires_at = std::max<std::int64_t>(expires_at, other.claimed_expires_at());
  }
  return expires_at + kFormGraceSeconds - now.Seconds();
}

}  // namespace

std::string_view WriteClearanceCookie(const Site& site, const Request& request,
                                      const ClearanceCookie& cookie, UnixMillis now,
                                      std::span<char> out) noexcept {
  const std::string_view domain = site.options().cookie_domain;
  SetCookie field;
  field.secure = site.IsSecure(request);
  field.name = field.secure ? site.SecureCookieName() : kPlainCookie;
  field.clearance = {cookie.text.data(), cookie.text.size()};
  field.other_family = cookie.other_family;
  // A browser drops a cookie for a domain that the host isn't in, and would be asked for ever.
  if (IsHostIn(request.host, domain)) field.domain = domain;
  field.max_age = MaxAge(cookie, now);
  field.same_site = site.options().same_site;
  return RenderSetCookie(field, out);
}

std::string_view WriteRenewedCookie(const Site& site, const Request& request,
                                    const ClearanceFinding& finding, UnixMillis now,
                                    std::span<char> out) noexcept {
  Clearance renewed = finding.clearance;
  renewed.expires_at = site.renewal().ExpiryOf(finding.clearance, now.Seconds());
  if (renewed.expires_at <= finding.clearance.expires_at) return {};
  const SiteKeys& keys = site.keys();
  if (keys.SigningKeyId(now) != renewed.key_id) return {};
  const HmacKey* key = keys.Find(KeyPurpose::kClearance, renewed.key_id, renewed.issued_at, now);
  if (key == nullptr) return {};
  const ClearanceCookie cookie{SealClearance(renewed, *key), renewed.expires_at,
                               finding.other_family};
  return WriteClearanceCookie(site, request, cookie, now, out);
}

}  // namespace stile
