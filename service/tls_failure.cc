#include "service/tls_failure.h"

namespace stile {

std::string_view TlsFailureName(TlsFailure failure) noexcept {
  switch (failure) {
    case TlsFailure::kNone:
      return "none";
    case TlsFailure::kTimeout:
      return "timeout";
    case TlsFailure::kClosed:
      return "closed";
    case TlsFailure::kPlainHttp:
      return "plain-http";
    case TlsFailure::kVersion:
      return "version";
    case TlsFailure::kCipher:
      return "cipher";
    case TlsFailure::kProtocol:
      return "protocol";
    case TlsFailure::kAlert:
      return "alert";
    case TlsFailure::kMalformed:
      return "malformed";
    case TlsFailure::kNoCertificate:
      return "no-certificate";
  }
  return "none";
}

}  // namespace stile
