#include "engine/site_context.h"

#include <optional>

#include "challenge/hmac_key.h"
#include "challenge/key_ring.h"
#include "verifier/clearance_check.h"

namespace stile {

bool SealSiteContext(const Site& site, UnixMillis now, std::uint32_t seconds, Context& context,
                     ContextText& out) noexcept {
  const SiteKeys& keys = site.keys();
  const std::optional<std::uint8_t> id = keys.SigningKeyId(now);
  if (!id.has_value()) return false;
  const HmacKey* key = keys.Find(KeyPurpose::kContext, *id, now.Seconds(), now);
  if (key == nullptr) return false;
  context.key_id = *id;
  context.issued_at = static_cast<std::uint32_t>(now.Seconds());
  context.expires_at = static_cast<std::uint32_t>(now.Seconds() + seconds);
  context.site_id = keys.site_id();
  SealContext(context, *key, out);
  return true;
}

bool OpenSiteContext(const Site& site, UnixMillis now, std::string_view text, SealedContext& sealed,
                     Context& out) noexcept {
  const SiteKeys& keys = site.keys();
  const std::int64_t seconds = now.Seconds();
  if (sealed.Parse(text) != TokenShape::kWellFormed) return false;
  if (sealed.claimed_site_id() != keys.site_id()) return false;
  if (std::int64_t{sealed.claimed_expires_at()} <= seconds) return false;
  if (std::int64_t{sealed.claimed_issued_at()} > seconds + kClockSkewSeconds) return false;
  const HmacKey* key =
      keys.Find(KeyPurpose::kContext, sealed.claimed_key_id(), sealed.claimed_issued_at(), now);
  return key != nullptr && sealed.Open(*key, out);
}

}  // namespace stile
