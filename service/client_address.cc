#include "service/client_address.h"

#include <algorithm>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

bool Holds(const Cidr& range, const IpAddress& address) noexcept {
  if (range.address.is_v6() != address.is_v6()) return false;
  const auto& wanted = range.address.bytes();
  const auto& bytes = address.bytes();
  const auto whole = static_cast<std::size_t>(range.length / 8);
  if (!std::equal(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(whole),
                  bytes.begin())) {
    return false;
  }
  const int rest = range.length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return ((wanted[whole] ^ bytes[whole]) & mask) == 0;
}

bool IsTrusted(const ClientAddressRule& rule, const IpAddress& address) noexcept {
  return std::any_of(rule.trusted_peers.begin(), rule.trusted_peers.end(),
                     [&](const Cidr& range) { return Holds(range, address); });
}

std::optional<IpAddress> FromRealIp(const RequestHead& head) noexcept {
  const FieldLookup found = head.Find("x-real-ip");
  return found.unique() ? IpAddress::Parse(found.value) : std::nullopt;
}

std::optional<IpAddress> FromForwardedFor(const ClientAddressRule& rule,
                                          const RequestHead& head) noexcept {
  std::optional<IpAddress> leftmost;
  std::size_t hops = 0;
  for (std::size_t i = head.field_count(); i-- > 0;) {
    const HeadField field = head.field(i);
    if (!EqualsLower(field.name, "x-forwarded-for")) continue;
    std::string_view list = field.value;
    while (true) {
      if (++hops > kMaxHops) return std::nullopt;
      const std::size_t comma = list.rfind(',');
      const bool last = comma == std::string_view::npos;
      leftmost = IpAddress::Parse(TrimBlanks(last ? list : list.substr(comma + 1)));
      if (!leftmost || !IsTrusted(rule, *leftmost)) return leftmost;
      if (last) break;
      list = list.substr(0, comma);
    }
  }
  return leftmost;
}

}  // namespace

bool IsTrustedPeer(const ClientAddressRule& rule, const std::optional<IpAddress>& peer) noexcept {
  return peer ? IsTrusted(rule, *peer) : rule.trust_unix;
}

ClientOrigin FindClientOrigin(const ClientAddressRule& rule, const ConnectionPeer& peer,
                              const RequestHead& head) noexcept {
  ClientOrigin origin;
  if (rule.source == ClientAddressSource::kProxy) {
    origin.address = peer.address;
    origin.https = peer.https;
    return origin;
  }
  origin.from_trusted_peer = IsTrustedPeer(rule, peer.address);
  if (!origin.from_trusted_peer) {
    origin.address = peer.address;
    origin.https = peer.https;
    return origin;
  }
  switch (rule.source) {
    case ClientAddressSource::kPeer:
    case ClientAddressSource::kProxy:
      origin.address = peer.address;
      break;
    case ClientAddressSource::kXRealIp:
      origin.address = FromRealIp(head);
      break;
    case ClientAddressSource::kXForwardedFor:
      origin.address = FromForwardedFor(rule, head);
      break;
  }
  const FieldLookup scheme = head.Find("x-forwarded-proto");
  origin.https =
      scheme.count == 0 ? peer.https : scheme.unique() && EqualsLower(scheme.value, "https");
  return origin;
}

}  // namespace stile
