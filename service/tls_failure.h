#ifndef STILE_SERVICE_TLS_FAILURE_H_
#define STILE_SERVICE_TLS_FAILURE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stile {

// Why a TLS handshake came to nothing.
enum class TlsFailure : std::uint8_t {
  kNone = 0,
  kTimeout,        // It wasn't done within limits.head_timeout.
  kClosed,         // The client went away in the middle.
  kPlainHttp,      // It spoke HTTP without TLS.
  kVersion,        // It offers nothing from TLS 1.2 on.
  kCipher,         // It offers no cipher, group or signature that we have.
  kProtocol,       // It offers other protocols than http/1.1 (ALPN).
  kAlert,          // It refused us: most likely it doesn't trust the certificate.
  kMalformed,      // What it sent is no TLS handshake.
  kNoCertificate,  // No certificate could be read when stiled started.
};
inline constexpr std::size_t kTlsFailureCount = 10;

// The name that metrics use, such as "plain-http".
[[nodiscard]] std::string_view TlsFailureName(TlsFailure failure) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_TLS_FAILURE_H_
