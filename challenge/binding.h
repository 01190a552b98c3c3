#ifndef STILE_CHALLENGE_BINDING_H_
#define STILE_CHALLENGE_BINDING_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "challenge/ip_address.h"

namespace stile {

// Returns the user-agent class, version 1, of a User-Agent field value: equal for two versions of
// the same browser on the same system. Frozen: docs/wire-format.md defines it, with vectors.
// Not a secret and not collision-resistant; it only stops a clearance from being passed around
// carelessly. Looks at the first 512 bytes.
[[nodiscard]] std::uint32_t UserAgentClass(std::string_view user_agent) noexcept;

// The portable version of the same, for tests and for other CPUs.
[[nodiscard]] std::uint32_t UserAgentClassPortable(std::string_view user_agent) noexcept;

inline constexpr std::uint8_t kUserAgentClassVersion = 1;

// What is known about the client of one request. Views live as long as the request.
struct Client {
  std::optional<IpAddress> address;  // nullopt: not known. Binds nothing.
  std::string_view user_agent;
};

// Which parts of a client a credential is tied to, as an operator configures it.
struct BindingOptions {
  int ipv4_prefix = 24;  // Bits, 0 to 32; 0 doesn't bind IPv4 addresses.
  int ipv6_prefix = 56;  // Bits, 0 to 64; 0 doesn't bind IPv6 addresses.
  bool user_agent = true;
};

// What ties a credential to a client; sealed in the credential. A default one binds nothing.
struct Binding {
  static constexpr std::uint8_t kAddress = 0x01;
  static constexpr std::uint8_t kUserAgent = 0x02;
  static constexpr std::uint8_t kIpv6 = 0x04;
  static constexpr std::uint8_t kKnownParts = 0x07;

  std::uint8_t parts = 0;
  std::uint8_t prefix_length = 0;
  std::uint64_t prefix = 0;  // The address's first 64 bits, masked.
  std::uint8_t user_agent_class_version = 0;
  std::uint32_t user_agent_class = 0;

  // Returns the binding of `client` under `options`. An unknown address is not bound.
  [[nodiscard]] static Binding Of(const Client& client, const BindingOptions& options) noexcept;

  // The two questions a check asks, each true if that part is not bound.
  [[nodiscard]] bool MatchesAddress(const std::optional<IpAddress>& address) const noexcept {
    if ((parts & kAddress) == 0) return true;
    if (!address.has_value()) return false;
    const bool is_v6 = (parts & kIpv6) != 0;
    return address->is_v6() == is_v6 && prefix_length <= (is_v6 ? 64 : 32) &&
           address->Prefix(prefix_length) == prefix;
  }
  [[nodiscard]] bool MatchesUserAgent(std::string_view user_agent) const noexcept {
    return (parts & kUserAgent) == 0 || MatchesUserAgentClass(UserAgentClass(user_agent));
  }
  // The same for a user agent whose class, of kUserAgentClassVersion, is known.
  [[nodiscard]] bool MatchesUserAgentClass(std::uint32_t known_class) const noexcept {
    return (parts & kUserAgent) == 0 ||
           (user_agent_class_version == kUserAgentClassVersion && user_agent_class == known_class);
  }

  [[nodiscard]] bool Matches(const Client& client) const noexcept {
    return MatchesAddress(client.address) && MatchesUserAgent(client.user_agent);
  }

  friend bool operator==(const Binding&, const Binding&) noexcept = default;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_BINDING_H_
