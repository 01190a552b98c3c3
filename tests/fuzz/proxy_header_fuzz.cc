// PROXY headers at the beginning of a connection. How the bytes are split changes nothing, nor does
// what follows the header; no more is taken than the limits allow, and only a whole header that a
// plain reading of the specification finds as well names a client.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "service/proxy_protocol.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

using Status = ProxyHeader::Status;

constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);

bool Same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.reason == b.reason && a.size == b.size && a.local == b.local &&
         a.client == b.client && a.tls == b.tls;
}

std::size_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Of a whole header of version 1: its third word.
void RequireTextClient(std::string_view line, const ProxyHeader& header) {
  STILE_REQUIRE(line.size() <= kMaxProxyHeaderV1 && line.ends_with("\r\n"));
  STILE_REQUIRE(line.find('\n') == line.size() - 1);
  STILE_REQUIRE(!header.local && !header.tls);
  if (line.starts_with("PROXY UNKNOWN")) {
    Reach("unknown client");
    return STILE_REQUIRE(!header.client.has_value());
  }
  Reach("client of version 1");
  STILE_REQUIRE(line.starts_with("PROXY TCP4 ") || line.starts_with("PROXY TCP6 "));
  const std::string_view rest = line.substr(11);
  STILE_REQUIRE(header.client.has_value());
  STILE_REQUIRE(IpAddress::Parse(rest.substr(0, rest.find(' '))) == header.client);
}

void RequireBinaryClient(std::string_view bytes, const ProxyHeader& header) {
  STILE_REQUIRE(bytes.size() == 16 + ByteAt(bytes, 14) * 256 + ByteAt(bytes, 15));
  STILE_REQUIRE(header.local == (ByteAt(bytes, 12) == 0x20));
  const std::size_t family = header.local ? 0 : ByteAt(bytes, 13) >> 4;
  STILE_REQUIRE(header.client.has_value() == (family == 1 || family == 2));
  if (family == 1) {
    Reach("client of version 2");
    IpAddress::Bytes4 address;
    for (std::size_t i = 0; i < address.size(); ++i) {
      address[i] = static_cast<std::uint8_t>(ByteAt(bytes, 16 + i));
    }
    STILE_REQUIRE(header.client == IpAddress::V4(address));
  }
  if (header.tls) Reach("client with TLS");
}

}  // namespace

void FuzzProxyHeader(FuzzInput input) {
  const std::string_view bytes = TextOf(input);
  const ProxyHeader whole = ReadProxyHeader(bytes);

  // One byte more each time, at most as far as the limit.
  const std::size_t last = std::min(bytes.size(), kMaxProxyHeader);
  ProxyHeader grown;
  std::size_t size = 0;
  while (grown.status == Status::kNeedMore && size <= last) {
    grown = ReadProxyHeader(bytes.substr(0, size++));
  }
  STILE_REQUIRE(Same(grown, whole));

  switch (whole.status) {
    case Status::kNeedMore:
      STILE_REQUIRE(bytes.size() < kMaxProxyHeader && whole.size == 0);
      break;
    case Status::kRefused:
      Reach("refused header");
      STILE_REQUIRE(whole.reason != ProxyHeaderReason::kNone && !whole.client.has_value());
      break;
    case Status::kComplete: {
      STILE_REQUIRE(whole.size <= bytes.size() && whole.size <= kMaxProxyHeader);
      const std::string_view header = bytes.substr(0, whole.size);
      STILE_REQUIRE(Same(ReadProxyHeader(header), whole));
      STILE_REQUIRE(Same(ReadProxyHeader(std::string(header) + "\r\n\0 more"), whole));
      if (header.starts_with(kBinary)) {
        RequireBinaryClient(header, whole);
      } else {
        RequireTextClient(header, whole);
      }
      break;
    }
  }
}

}  // namespace stile
