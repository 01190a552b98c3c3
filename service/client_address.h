#ifndef STILE_SERVICE_CLIENT_ADDRESS_H_
#define STILE_SERVICE_CLIENT_ADDRESS_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "challenge/ip_address.h"
#include "service/config.h"
#include "service/request_head.h"
#include "verifier/policy/policy.h"

namespace stile {

// What a listener believes about who sent a request.
struct ClientOrigin {
  std::optional<IpAddress> address;  // nullopt: not known.
  bool https = false;                // The client spoke TLS, to us or to the trusted peer in front.
  bool from_trusted_peer = false;    // The connection comes from a declared peer.
};

// Who is at the other end of a connection.
struct ConnectionPeer {
  std::optional<IpAddress>
      address;         // nullopt: a unix socket, or a client that no PROXY header names.
  bool https = false;  // It speaks TLS, or a PROXY header says that the client spoke it.
};

// Which peers a listener believes, and where it reads the client's address.
struct ClientAddressRule {
  ClientAddressSource source = ClientAddressSource::kPeer;
  std::vector<Cidr> trusted_peers;
  bool trust_unix = false;
};

// True if `peer`, or the unix socket where it is nullopt, is one of the declared peers.
[[nodiscard]] bool IsTrustedPeer(const ClientAddressRule& rule,
                                 const std::optional<IpAddress>& peer) noexcept;

// Finds out who sent the request `head` over a connection from `peer`.
//
// A field is read only if the peer is declared: X-Real-IP if it came once; X-Forwarded-For from
// the right, over all its fields, past the addresses of declared peers, at most kMaxHops of them.
// If every one is a declared peer's, the leftmost is the client. From a declared peer whose field
// is missing, came twice or isn't an address the client is unknown; anyone else is himself. Of a
// declared peer `https` is what its X-Forwarded-Proto says: "https", in the only one; without one
// it is the connection's, as it is for anyone else.
//
// Where a PROXY header is required, whoever wrote it is believed for that alone: what passes
// through a proxy that speaks it may be the client's own bytes, so no field is read.
[[nodiscard]] ClientOrigin FindClientOrigin(const ClientAddressRule& rule,
                                            const ConnectionPeer& peer,
                                            const RequestHead& head) noexcept;

inline constexpr std::size_t kMaxHops = 32;

}  // namespace stile

#endif  // STILE_SERVICE_CLIENT_ADDRESS_H_
