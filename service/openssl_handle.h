#ifndef STILE_SERVICE_OPENSSL_HANDLE_H_
#define STILE_SERVICE_OPENSSL_HANDLE_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace stile {

// Frees what OpenSSL has made.
struct OpensslFree {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

template <typename T>
using OpensslHandle = std::unique_ptr<T, OpensslFree>;

}  // namespace stile

#endif  // STILE_SERVICE_OPENSSL_HANDLE_H_
