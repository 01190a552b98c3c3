#include "service/head_syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace stile {
namespace {

constexpr std::size_t kMaxHost = 255;

constexpr bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsAlnum(unsigned char c) {
  return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z');
}

constexpr std::array<bool, 256> kTargetByte = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < 0x7F; ++c) {
    table[c] = std::string_view("#\\<>\"").find(static_cast<char>(c)) == std::string_view::npos;
  }
  return table;
}();

// Labels of letters, digits, hyphens and underscores; one dot may end the name.
bool IsHostName(std::string_view name) {
  bool label_is_empty = true;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c == '.') {
      if (label_is_empty) return false;
      label_is_empty = true;
    } else if (IsAlnum(c) || c == '-' || c == '_') {
      label_is_empty = false;
    } else {
      return false;
    }
  }
  return !name.empty();
}

bool IsIpv6(std::string_view address) {
  char text[INET6_ADDRSTRLEN];
  if (address.size() >= sizeof(text)) return false;
  *std::copy(address.begin(), address.end(), text) = '\0';
  in6_addr parsed;
  return address.find('\0') == std::string_view::npos && inet_pton(AF_INET6, text, &parsed) == 1;
}

// 1 to 65535 without leading zeros.
bool IsPort(std::string_view port) {
  if (port.empty() || port.size() > 5 || port.front() == '0') return false;
  std::uint32_t value = 0;
  for (const char c : port) {
    if (!IsDigit(static_cast<unsigned char>(c))) return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value <= 65'535;
}

// The size of the part of `host` before its port, or npos if brackets are not closed.
std::size_t SizeWithoutPort(std::string_view host) {
  if (!host.starts_with('[')) return std::min(host.find(':'), host.size());
  const std::size_t bracket = host.find(']');
  return bracket == std::string_view::npos ? bracket : bracket + 1;
}

}  // namespace

bool IsHost(std::string_view host) noexcept {
  if (host.empty() || host.size() > kMaxHost) return false;
  const std::size_t size = SizeWithoutPort(host);
  if (size == std::string_view::npos) return false;
  const std::string_view name = host.substr(0, size);
  const std::string_view rest = host.substr(size);
  if (!rest.empty() && (rest.front() != ':' || !IsPort(rest.substr(1)))) return false;
  return name.starts_with('[') ? IsIpv6(name.substr(1, name.size() - 2)) : IsHostName(name);
}

std::string_view HostWithoutPort(std::string_view host) noexcept {
  return host.substr(0, SizeWithoutPort(host));
}

bool IsMethodName(std::string_view method) noexcept {
  return !method.empty() && method.size() <= kMaxMethodName &&
         IsUpper(static_cast<unsigned char>(method[0])) &&
         std::all_of(method.begin(), method.end(),
                     [](char c) { return IsUpper(static_cast<unsigned char>(c)) || c == '-'; });
}

bool IsRefusedMethod(std::string_view method) noexcept {
  return method == "CONNECT" || method == "TRACE";
}

bool HasTargetBytesOnly(std::string_view target) noexcept {
  return std::all_of(target.begin(), target.end(),
                     [](char c) { return kTargetByte[static_cast<unsigned char>(c)]; });
}

}  // namespace stile
