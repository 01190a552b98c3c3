#include "engine/reference_text.h"

#include <cstdint>

namespace stile {

void NoteDecision(Exchange& exchange, const Decision& decision) noexcept {
  exchange.reference.action = static_cast<std::uint8_t>(decision.action);
  exchange.reference.verdict = static_cast<std::uint8_t>(decision.verdict);
  exchange.reference.rule = decision.rule;
}

std::string_view WriteReference(Exchange& exchange) noexcept {
  const SiteKeys& keys = exchange.site.keys();
  const std::int64_t seconds = exchange.now.Seconds();
  Reference& reference = exchange.reference;
  reference.issued_at = static_cast<std::uint32_t>(seconds);
  reference.node = exchange.site.node();
  reference.site = static_cast<std::uint16_t>(keys.site_id() >> 16);
  const auto id = keys.SigningKeyId(exchange.now);
  const HmacKey* key =
      id.has_value() ? keys.Find(KeyPurpose::kReference, *id, seconds, exchange.now) : nullptr;
  ReferenceText& text = exchange.space.reference_text;
  text = SealReference(reference, key);
  exchange.answer.reference = {text.data(), text.size()};
  return exchange.answer.reference;
}

}  // namespace stile
