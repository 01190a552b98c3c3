#ifndef STILE_SERVICE_TLS_CERTIFICATE_H_
#define STILE_SERVICE_TLS_CERTIFICATE_H_

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "service/config.h"
#include "service/openssl_handle.h"

namespace stile {

inline constexpr std::size_t kMaxCertificateFile = 256 * 1024;  // Bytes.
inline constexpr std::size_t kMaxPrivateKeyFile = 64 * 1024;
inline constexpr std::size_t kMaxChain = 16;    // Certificates in one file.
inline constexpr std::size_t kMaxNames = 1024;  // DNS names of one certificate that count.

// A certificate with its chain and its private key, which fits. Neither is ever written down.
struct TlsCertificate {
  std::string file;      // Of the certificate, with its path resolved,
  std::string key_file;  // and of the key.
  OpensslHandle<X509> leaf;
  std::vector<OpensslHandle<X509>> chain;  // What stands behind the leaf, in the file's order.
  OpensslHandle<EVP_PKEY> key;
  std::vector<std::string> names;  // DNS names, in lower case; "*.example.org" for its hosts.
  UnixMillis not_before;
  UnixMillis not_after;
  bool key_readable_by_others = false;  // Its mode should be 0600.
  bool chain_is_broken = false;         // A certificate is not issued by the one behind it.
};

// Reads the two PEM files of `files`. Each file's size is checked before it is read. Returns every
// mistake at the places of `files`: a file that can't be read or is too large, PEM without a
// certificate or a key, a key with a passphrase, a key that doesn't fit, and a certificate that
// OpenSSL's security level refuses. None quotes a key.
[[nodiscard]] tl::expected<TlsCertificate, Errors> ReadTlsCertificate(
    const TlsCertificateConfig& files);

// What is not wrong with it at `now` but should be changed: it has expired, or does so within a
// week, or is not valid yet, its key may be read by others, its chain has a gap.
[[nodiscard]] std::vector<std::string> TlsCertificateWarnings(const TlsCertificate& certificate,
                                                              UnixMillis now);

}  // namespace stile

#endif  // STILE_SERVICE_TLS_CERTIFICATE_H_
