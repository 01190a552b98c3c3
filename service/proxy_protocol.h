#ifndef STILE_SERVICE_PROXY_PROTOCOL_H_
#define STILE_SERVICE_PROXY_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "challenge/ip_address.h"

namespace stile {

// Why a connection that has to begin with a PROXY header was closed.
enum class ProxyHeaderReason : std::uint8_t {
  kNone = 0,
  kUntrustedPeer,  // Whoever connects is not declared: nothing of it is read.
  kIncomplete,     // It ended, or its time was over, before the header did.
  kSignature,      // Neither "PROXY " nor the signature of version 2: plain HTTP, for one.
  kTooLong,        // Version 1 over 107 bytes, version 2 over kMaxProxyHeader.
  kVersion,        // The signature of version 2 with another version.
  kCommand,        // Neither LOCAL nor PROXY.
  kFamily,         // An address family or transport that the specification doesn't have.
  kAddress,        // Addresses or ports that are none, or shorter than their family's.
  kExtension,      // A TLV that doesn't end within the header, or TLS said twice.
};
inline constexpr std::size_t kProxyHeaderReasonCount = 10;

// The name that metrics use, such as "untrusted-peer".
[[nodiscard]] std::string_view ProxyHeaderReasonName(ProxyHeaderReason reason) noexcept;

inline constexpr std::size_t kMaxProxyHeaderV1 = 107;      // With its CRLF.
inline constexpr std::size_t kMaxProxyHeader = 16 + 2048;  // Version 2, with its TLVs.

// What the bytes at the beginning of a connection say about who speaks through it: the PROXY
// protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt).
struct ProxyHeader {
  enum class Status : std::uint8_t { kNeedMore = 0, kComplete, kRefused };

  Status status = Status::kNeedMore;
  ProxyHeaderReason reason = ProxyHeaderReason::kNone;  // With kRefused.

  // With kComplete:
  std::size_t size = 0;  // Bytes of the header; HTTP begins behind them.
  bool local = false;    // The proxy speaks for itself: the connection's own address counts.
  std::optional<IpAddress> client;  // nullopt where it is local, or not known to the proxy.
  bool tls = false;                 // The client spoke TLS to the proxy (TLV 0x20).
};

// Reads the header that `bytes` begins with. On kNeedMore, call again with the same bytes and more
// behind them: how they are split changes no result, and what can't become a header is refused at
// its first wrong byte. Looks at no more than kMaxProxyHeader bytes; allocates nothing.
[[nodiscard]] ProxyHeader ReadProxyHeader(std::string_view bytes) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_PROXY_PROTOCOL_H_
