#include "challenge/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace stile {
namespace {

constexpr std::size_t kMaxText = 45;  // "0000:...:0000:255.255.255.255"

bool IsMappedV4(const IpAddress::Bytes16& b) noexcept {
  return std::all_of(b.begin(), b.begin() + 10, [](std::uint8_t x) { return x == 0; }) &&
         b[10] == 0xFF && b[11] == 0xFF;
}

}  // namespace

IpAddress IpAddress::V4(const Bytes4& network_order) noexcept {
  Bytes16 bytes{};
  std::copy(network_order.begin(), network_order.end(), bytes.begin());
  return {bytes, false};
}

IpAddress IpAddress::V6(const Bytes16& network_order) noexcept {
  if (IsMappedV4(network_order)) {
    return V4({network_order[12], network_order[13], network_order[14], network_order[15]});
  }
  return {network_order, true};
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMaxText) return std::nullopt;
  char terminated[kMaxText + 1];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  if (std::strlen(terminated) != text.size()) return std::nullopt;
  // inet_pton takes the strict forms only: no leading zeros, no zone, no brackets.
  Bytes4 v4;
  if (inet_pton(AF_INET, terminated, v4.data()) == 1) return V4(v4);
  Bytes16 v6;
  if (inet_pton(AF_INET6, terminated, v6.data()) == 1) return V6(v6);
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text) == nullptr) {
    return {};
  }
  return text;
}

}  // namespace stile
