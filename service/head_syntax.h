#ifndef STILE_SERVICE_HEAD_SYNTAX_H_
#define STILE_SERVICE_HEAD_SYNTAX_H_

#include <cstddef>
#include <string_view>

namespace stile {

// The grammar of what a request is called by, wherever it stands: in the head itself, or in the
// fields with which a proxy describes another one.

inline constexpr std::size_t kMaxMethodName = 20;

// True for 1 to 20 capitals and hyphens that begin with a capital.
[[nodiscard]] bool IsMethodName(std::string_view method) noexcept;
// True for CONNECT, and for TRACE, which would show a page its own HttpOnly cookies.
[[nodiscard]] bool IsRefusedMethod(std::string_view method) noexcept;

// True if every byte is one of 0x21 to 0x7E, and none of # \ < > ".
[[nodiscard]] bool HasTargetBytesOnly(std::string_view target) noexcept;

// True for name[:port], address[:port] or [IPv6][:port] of at most 255 bytes.
[[nodiscard]] bool IsHost(std::string_view host) noexcept;
// A host's name or address; an IPv6 address keeps its brackets. `host` is one that IsHost admits,
// or empty.
[[nodiscard]] std::string_view HostWithoutPort(std::string_view host) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_HEAD_SYNTAX_H_
