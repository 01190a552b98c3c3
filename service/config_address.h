#ifndef STILE_SERVICE_CONFIG_ADDRESS_H_
#define STILE_SERVICE_CONFIG_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "service/config.h"
#include "verifier/policy/policy.h"

namespace stile {

// The texts in which a configuration names places. The error is one sentence that says what to
// change and fits behind the key's name: "is ...: write ...".

// An address to listen on: "127.0.0.1:8080", "[::1]:8080" or "unix:/run/stile/check.sock".
[[nodiscard]] tl::expected<SocketAddress, std::string> ParseListenAddress(std::string_view text);

// A server to connect to: "http://127.0.0.1:3000", "http://[::1]:3000", "http://app.internal" or
// "unix:/run/app.sock".
[[nodiscard]] tl::expected<SocketAddress, std::string> ParseUpstream(std::string_view text);

// "192.0.2.0/24", "2001:db8::/32", or an address alone. Bits past the length must be 0.
[[nodiscard]] tl::expected<Cidr, std::string> ParseCidr(std::string_view text);

// A server that is asked by its address: "127.0.0.1:53" or "[::1]:53".
[[nodiscard]] tl::expected<SocketAddress, std::string> ParseServerAddress(std::string_view text);

// The permissions of a socket's file, in octal: "0660". At most 0777; the owner may read and write.
[[nodiscard]] tl::expected<std::uint32_t, std::string> ParseSocketMode(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_CONFIG_ADDRESS_H_
