#include "service/dialect/described_request.h"

#include <array>

#include "service/head_syntax.h"

namespace stile {
namespace {

using Reason = DescriptionReason;

constexpr std::array<std::string_view, kDescriptionReasonCount> kNames = {
    "none",           "untrusted-peer", "message-count",   "method-missing", "method-repeated",
    "method-syntax",  "uri-missing",    "uri-repeated",    "uri-too-long",   "uri-byte",
    "uri-form",       "host-missing",   "host-repeated",   "host-syntax",    "proto-repeated",
    "proto-syntax",   "fields-missing", "fields-repeated", "fields-syntax",  "address-repeated",
    "address-syntax", "client-unnamed",
};
static_assert(static_cast<std::size_t>(Reason::kClientUnnamed) + 1 == kDescriptionReasonCount);
static_assert(!kNames.back().empty());

Reason ReadMethod(const FieldLookup& field, Request& out) noexcept {
  if (field.count > 1) return Reason::kMethodRepeated;
  if (field.value.empty()) return Reason::kMethodMissing;
  out.method = field.value;
  return DescribedMethodReason(field.value);
}

Reason ReadUri(const FieldLookup& field, Request& out) noexcept {
  if (field.count > 1) return Reason::kUriRepeated;
  if (field.value.empty()) return Reason::kUriMissing;
  out.target = field.value;
  return DescribedUriReason(field.value, out.method);
}

Reason ReadHost(const FieldLookup& field, Request& out) noexcept {
  if (field.count > 1) return Reason::kHostRepeated;
  if (field.value.empty()) return Reason::kHostMissing;
  if (!IsHost(field.value)) return Reason::kHostSyntax;
  out.host = HostWithoutPort(field.value);
  return Reason::kNone;
}

Reason ReadProto(const FieldLookup& field, Request& out) noexcept {
  if (field.count > 1) return Reason::kProtoRepeated;
  out.https = EqualsLower(field.value, "https") || EqualsLower(field.value, "wss");
  const bool plain =
      field.count == 0 || EqualsLower(field.value, "http") || EqualsLower(field.value, "ws");
  return out.https || plain ? Reason::kNone : Reason::kProtoSyntax;
}

}  // namespace

std::string_view DescriptionReasonName(DescriptionReason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return index < kNames.size() ? kNames[index] : std::string_view();
}

DescriptionReason DescribedMethodReason(std::string_view method) noexcept {
  return IsMethodName(method) && !IsRefusedMethod(method) ? Reason::kNone : Reason::kMethodSyntax;
}

DescriptionReason DescribedUriReason(std::string_view uri, std::string_view method) noexcept {
  if (uri.size() > HeadLimits{}.max_target) return Reason::kUriTooLong;
  if (!HasTargetBytesOnly(uri)) return Reason::kUriByte;
  const bool asterisk = uri == "*" && method == "OPTIONS";
  return uri.starts_with('/') || asterisk ? Reason::kNone : Reason::kUriForm;
}

DescriptionReason ReadDescription(const RequestHead& head, const ClientOrigin& origin,
                                  const Request& own, Request& out) noexcept {
  if (!origin.from_trusted_peer) return Reason::kUntrustedPeer;
  Request described;
  Reason reason = ReadMethod(head.Find("x-forwarded-method"), described);
  if (reason == Reason::kNone) reason = ReadUri(head.Find("x-forwarded-uri"), described);
  if (reason == Reason::kNone) reason = ReadHost(head.Find("x-forwarded-host"), described);
  if (reason == Reason::kNone) reason = ReadProto(head.Find("x-forwarded-proto"), described);
  if (reason != Reason::kNone) return reason;

  out = own;
  out.method = described.method;
  out.target = described.target;
  out.host = described.host;
  out.https = described.https;
  return Reason::kNone;
}

bool CarriesTarget(std::string_view target) noexcept {
  if (!target.starts_with(kCarriedPrefix)) return false;
  const std::string_view carried = target.substr(kCarriedPrefix.size());
  return carried.starts_with('/') || carried == "*";
}

DescriptionReason ReadCarried(const ClientOrigin& origin, bool names_client, const Request& own,
                              Request& out) noexcept {
  if (!origin.from_trusted_peer) return Reason::kUntrustedPeer;
  if (!names_client) return Reason::kClientUnnamed;
  if (!CarriesTarget(own.target)) return Reason::kUriForm;
  const std::string_view target = own.target.substr(kCarriedPrefix.size());
  if (target == "*" && own.method != "OPTIONS") return Reason::kUriForm;
  out = own;
  out.target = target;
  return Reason::kNone;
}

}  // namespace stile
