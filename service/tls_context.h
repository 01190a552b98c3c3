#ifndef STILE_SERVICE_TLS_CONTEXT_H_
#define STILE_SERVICE_TLS_CONTEXT_H_

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "service/openssl_handle.h"
#include "service/ticket_keys.h"
#include "service/tls_certificate.h"

namespace stile {

// What a listener's TLS handshakes are made with: TLS 1.2 and 1.3, its certificates, http/1.1 and
// nothing else. Immutable; a connection keeps the one that it began with.
class TlsContext {
 public:
  // `certificates` has at least one: the first is for clients that name no host, or one that none
  // has. `listener` is the listener's address: a session of one listener is none of another's.
  // Returns what OpenSSL refuses, such as a key that is too short.
  [[nodiscard]] static tl::expected<std::shared_ptr<const TlsContext>, Error> Create(
      std::vector<TlsCertificate> certificates, std::string_view listener,
      std::shared_ptr<TicketKeys> tickets);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A new server's end of a connection; null if there is no memory. The context must outlive its
  // handshake.
  [[nodiscard]] OpensslHandle<SSL> NewConnection() const;

  // Which certificate a client gets that asks for `host`.
  [[nodiscard]] std::size_t Choose(std::string_view host) const;

 private:
  explicit TlsContext(std::shared_ptr<TicketKeys> tickets) : tickets_(std::move(tickets)) {}

  [[nodiscard]] std::string Add(const TlsCertificate& certificate, std::string_view listener);
  static int OnServerName(SSL* ssl, int* alert, void* self);

  std::shared_ptr<TicketKeys> tickets_;
  std::vector<OpensslHandle<SSL_CTX>> contexts_;  // One for each certificate.
  std::map<std::string, std::size_t, std::less<>> by_name_;
};

// Where a listener's connections find the context of the day. Any thread; null until Set.
class TlsSlot {
 public:
  void Set(std::shared_ptr<const TlsContext> context) {
    const std::lock_guard lock(mutex_);
    context_.swap(context);
  }
  [[nodiscard]] std::shared_ptr<const TlsContext> Get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace stile

#endif  // STILE_SERVICE_TLS_CONTEXT_H_
