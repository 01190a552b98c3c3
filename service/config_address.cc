#include "service/config_address.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "engine/config/host_pattern.h"

namespace stile {
namespace {

constexpr std::size_t kMaxUnixPath = 107;  // What sockaddr_un holds, less its terminator.

tl::unexpected<std::string> Wrong(std::string_view text, std::string_view advice) {
  const std::string_view shown = text.substr(0, 100);
  return tl::unexpected(
      Concat("is \"", shown, shown.size() < text.size() ? "..." : "", "\": ", advice));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads digits alone, as many as there are.
template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  if (text.empty() || !IsDigit(text[0])) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::uint16_t> ParsePort(std::string_view text) {
  std::uint16_t port = 0;
  if (!ReadNumber(text, port)) return std::nullopt;
  return port;
}

tl::expected<SocketAddress, std::string> ParseUnixPath(std::string_view text) {
  const std::string_view path = text.substr(5);
  if (path.empty() || path.size() > kMaxUnixPath || path.find('\0') != std::string_view::npos) {
    return Wrong(text, "write unix: and a path of at most 107 bytes");
  }
  SocketAddress address;
  address.is_unix = true;
  address.path = path;
  return address;
}

// Splits "host:port" and "[v6]:port"; the port's text is empty if there is no colon.
std::optional<std::pair<std::string_view, std::string_view>> SplitPort(std::string_view text) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with("[")) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (rest.empty()) return std::pair(host, rest);
  if (rest[0] != ':' || rest.size() == 1) return std::nullopt;
  return std::pair(host, rest.substr(1));
}

}  // namespace

std::string ToString(const SocketAddress& address) {
  if (address.is_unix) return Concat("unix:", address.path);
  if (address.host.find(':') != std::string::npos) {
    return Concat("[", address.host, "]:", address.port);
  }
  return Concat(address.host, ":", address.port);
}

tl::expected<SocketAddress, std::string> ParseListenAddress(std::string_view text) {
  constexpr std::string_view kAdvice =
      "write an address and a port, such as \"127.0.0.1:8080\", \"[::]:8080\" or "
      "\"unix:/run/stile/check.sock\"";
  if (text.starts_with("unix:")) return ParseUnixPath(text);
  const auto parts = SplitPort(text);
  if (!parts || parts->second.empty()) return Wrong(text, kAdvice);
  const std::optional<std::uint16_t> port = ParsePort(parts->second);
  if (!port) return Wrong(text, "the port must be 0 to 65535");
  if (!IpAddress::Parse(parts->first)) return Wrong(text, kAdvice);
  SocketAddress address;
  address.host = parts->first;
  address.port = *port;
  return address;
}

tl::expected<SocketAddress, std::string> ParseServerAddress(std::string_view text) {
  constexpr std::string_view kAdvice =
      "write an address and a port, such as \"127.0.0.1:53\" or \"[::1]:53\"";
  if (text.starts_with("unix:")) return Wrong(text, kAdvice);
  auto address = ParseListenAddress(text);
  if (!address || address->port == 0) return Wrong(text, kAdvice);
  return address;
}

tl::expected<SocketAddress, std::string> ParseUpstream(std::string_view text) {
  constexpr std::string_view kAdvice =
      "write \"http://127.0.0.1:3000\", \"http://app.internal:3000\" or \"unix:/run/app.sock\"";
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("unix:")) return ParseUnixPath(text);
  if (text.starts_with("https://")) {
    return Wrong(text, "TLS to an upstream is not in this version: write http://");
  }
  if (!text.starts_with(kScheme)) return Wrong(text, kAdvice);
  std::string_view authority = text.substr(kScheme.size());
  if (authority.ends_with("/")) authority.remove_suffix(1);
  if (authority.find_first_of("/?#@") != std::string_view::npos) {
    return Wrong(text,
                 "leave out what stands before and behind host and port: the path of each "
                 "request is sent on as it is");
  }
  const auto parts = SplitPort(authority);
  if (!parts) return Wrong(text, kAdvice);
  SocketAddress address;
  address.port = 80;
  if (!parts->second.empty()) {
    const std::optional<std::uint16_t> port = ParsePort(parts->second);
    if (!port || *port == 0) return Wrong(text, "the port must be 1 to 65535");
    address.port = *port;
  }
  address.host = parts->first;
  const bool digits_and_dots = address.host.find_first_not_of("0123456789.") == std::string::npos;
  if (IpAddress::Parse(address.host)) return address;
  if (digits_and_dots || !IsDnsName(address.host)) return Wrong(text, kAdvice);
  return address;
}

tl::expected<Cidr, std::string> ParseCidr(std::string_view text) {
  constexpr std::string_view kAdvice =
      "write a range such as \"192.0.2.0/24\" or \"2001:db8::/32\"";
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const std::optional<IpAddress> address = IpAddress::Parse(address_text);
  if (!address) return Wrong(text, kAdvice);
  const bool as_v6 = address_text.find(':') != std::string_view::npos;
  if (as_v6 != address->is_v6()) {
    return Wrong(text, "an IPv4-mapped address is the IPv4 address: write that");
  }
  const int longest = address->is_v6() ? 128 : 32;
  int length = longest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (!ReadNumber(digits, length) || length > longest) {
      return Wrong(text, Concat("the length must be 0 to ", longest));
    }
  }
  for (int bit = length; bit < longest; ++bit) {
    const std::uint8_t byte = address->bytes()[static_cast<std::size_t>(bit / 8)];
    if ((byte >> (7 - bit % 8) & 1) != 0) {
      return Wrong(text, Concat("bits behind the first ", length,
                                " are set: clear them or write a greater length"));
    }
  }
  return Cidr{*address, length};
}

tl::expected<std::uint32_t, std::string> ParseSocketMode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  const bool octal = error == std::errc() && end == text.data() + text.size();
  if (!octal || (text.size() != 3 && text.size() != 4) || mode > 0777 || (mode & 0600) != 0600) {
    return Wrong(text,
                 "write the permissions of a file in octal, with which its owner can read and "
                 "write, such as \"0660\"");
  }
  return mode;
}

}  // namespace stile
