#include "service/fact_finder.h"

#include <algorithm>

namespace stile {
namespace {

bool StartsWithLower(std::string_view name, std::string_view lower) noexcept {
  return name.size() >= lower.size() && EqualsLower(name.substr(0, lower.size()), lower);
}

// True for the fields with which a proxy says what it knows of a client.
bool IsProxysWord(std::string_view name) noexcept {
  switch (name.empty() ? '\0' : name.front() | 0x20) {
    case 'x':
      return StartsWithLower(name, "x-forwarded-") || StartsWithLower(name, "x-stile-") ||
             EqualsLower(name, "x-real-ip");
    case 'f':
      return EqualsLower(name, "forwarded");
    default:
      return false;
  }
}

}  // namespace

std::string_view FingerprintOf(const RequestHead& head, const ClientOrigin& origin,
                               std::string_view fingerprint_field) noexcept {
  if (fingerprint_field.empty() || !origin.from_trusted_peer) return {};
  const FieldLookup found = head.Find(fingerprint_field);
  if (!found.unique() || found.value.size() > kMaxFingerprint) return {};
  const bool printable = std::all_of(found.value.begin(), found.value.end(),
                                     [](char c) { return c >= ' ' && c <= '~'; });
  return printable ? found.value : std::string_view();
}

void FactFinder::Find(const Engine& engine, const RequestHead& head, const ClientOrigin& origin,
                      std::string_view fingerprint_field, bool asked, Request& request) noexcept {
  const PolicyNeeds& any = engine.needs();
  if (!any.fields && !any.country && !any.asn && !any.tls_fingerprint) return;
  const PolicyNeeds& needs = engine.policy(engine.SiteOf(request)).needs();
  if (needs.fields) FindFields(head, origin, fingerprint_field, asked, request);
  if (needs.tls_fingerprint) {
    request.tls_fingerprint = FingerprintOf(head, origin, fingerprint_field);
  }
  if (!request.address) return;
  if (needs.country && databases_.country != nullptr) {
    request.country = databases_.country->CountryOf(*request.address);
  }
  if (needs.asn && databases_.asn != nullptr) {
    request.asn = databases_.asn->AsnOf(*request.address);
  }
}

void FactFinder::FindFields(const RequestHead& head, const ClientOrigin& origin,
                            std::string_view fingerprint_field, bool asked,
                            Request& request) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const HeadField field = head.field(i);
    if (origin.from_trusted_peer && IsProxysWord(field.name)) continue;
    if (!fingerprint_field.empty() && EqualsLower(field.name, fingerprint_field)) continue;
    RequestField& out = fields_[count++];
    out.name = field.name;
    const bool is_questions = asked && EqualsLower(field.name, "host");
    out.value = is_questions ? head.Find("x-forwarded-host").value : field.value;
  }
  request.fields = {fields_.data(), count};
}

}  // namespace stile
