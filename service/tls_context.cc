#include "service/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>

#include "challenge/concat.h"

namespace stile {
namespace {

// Forward secrecy and authenticated encryption alone; TLS 1.3 has nothing else.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr std::string_view kProtocol = "http/1.1";
constexpr std::size_t kMaxHost = 255;

std::string OpensslReason(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return Concat(what, ": ", reason == nullptr ? "OpenSSL refuses it" : reason);
}

// A client that says which protocols it speaks must speak ours.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned size, void*) {
  for (unsigned at = 0; at < size; at += 1U + offered[at]) {
    const unsigned length = offered[at];
    if (length > size - at - 1) break;
    const std::string_view name(reinterpret_cast<const char*>(offered) + at + 1, length);
    if (name != kProtocol) continue;
    *out = offered + at + 1;
    *out_size = static_cast<unsigned char>(length);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool SetMac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

// OpenSSL's contract: below 0 fails the handshake; sealing: 1 done, 0 no ticket; opening: 1 done,
// 2 done and due for a new one, 0 unknown.
int UseTicketKey(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                 EVP_MAC_CTX* mac, int seal) {
  auto* const tickets = static_cast<TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const Instant now = CoarseNow();
  auto current = tickets->Current(now);
  if (!current) return 0;
  if (seal == 1) {
    std::memcpy(name, current->name.data(), current->name.size());
    const auto size = static_cast<std::size_t>(EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
    if (!tickets->Fill(std::span(iv, size))) return 0;
    return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, current->cipher.data(), iv) ==
                       1 &&
                   SetMac(mac, *current)
               ? 1
               : -1;
  }
  auto key = tickets->Find(std::span<const std::uint8_t, 16>(name, 16), now);
  if (!key) return 0;
  if (!SetMac(mac, *key) ||
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) != 1) {
    return -1;
  }
  return key->name == current->name ? 1 : 2;
}

bool SetUp(SSL_CTX* context, std::string_view listener, TicketKeys& tickets) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> session_context{};
  SHA256(reinterpret_cast<const unsigned char*>(listener.data()), listener.size(),
         session_context.data());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::kPeriod).count());
  SSL_CTX_set_app_data(context, &tickets);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_evp_cb(context, UseTicketKey) == 1 &&
         SSL_CTX_set_session_id_context(context, session_context.data(), SSL_MAX_SID_CTX_LENGTH) ==
             1;
}

}  // namespace

tl::expected<std::shared_ptr<const TlsContext>, Error> TlsContext::Create(
    std::vector<TlsCertificate> certificates, std::string_view listener,
    std::shared_ptr<TicketKeys> tickets) {
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(tickets)));
  ERR_clear_error();
  for (const TlsCertificate& certificate : certificates) {
    if (std::string wrong = context->Add(certificate, listener); !wrong.empty()) {
      return tl::unexpected(Error{ErrorCode::kInvalidArgument, certificate.file, wrong});
    }
  }
  SSL_CTX* const first = context->contexts_.front().get();
  SSL_CTX_set_tlsext_servername_callback(first, OnServerName);
  SSL_CTX_set_tlsext_servername_arg(first, context.get());
  return std::shared_ptr<const TlsContext>(std::move(context));
}

// Returns what is wrong with it; empty: nothing.
std::string TlsContext::Add(const TlsCertificate& certificate, std::string_view listener) {
  OpensslHandle<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || !SetUp(context.get(), listener, *tickets_)) {
    return OpensslReason("no TLS context can be made");
  }
  if (SSL_CTX_use_certificate(context.get(), certificate.leaf.get()) != 1) {
    return OpensslReason("the certificate can't be used");
  }
  for (const OpensslHandle<X509>& above : certificate.chain) {
    if (SSL_CTX_add1_chain_cert(context.get(), above.get()) != 1) {
      return OpensslReason("a certificate of the chain can't be used");
    }
  }
  if (SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()) != 1) {
    return OpensslReason("the private key can't be used");
  }
  for (const std::string& name : certificate.names) by_name_.try_emplace(name, contexts_.size());
  contexts_.push_back(std::move(context));
  return "";
}

std::size_t TlsContext::Choose(std::string_view host) const {
  if (host.empty() || host.size() > kMaxHost) return 0;
  std::array<char, kMaxHost + 1> text;
  for (std::size_t i = 0; i < host.size(); ++i) {
    const char c = host[i];
    text[i + 1] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  const std::string_view lower(text.data() + 1, host.size());
  if (const auto found = by_name_.find(lower); found != by_name_.end()) return found->second;
  const std::size_t dot = lower.find('.');
  if (dot == std::string_view::npos || dot == 0) return 0;
  text[dot] = '*';  // The last byte of the first label.
  const auto found = by_name_.find(std::string_view(text.data() + dot, host.size() - dot + 1));
  return found == by_name_.end() ? 0 : found->second;
}

int TlsContext::OnServerName(SSL* ssl, int*, void* self) {
  const auto& context = *static_cast<const TlsContext*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const std::size_t chosen = context.Choose(name);
  if (chosen != 0) SSL_set_SSL_CTX(ssl, context.contexts_[chosen].get());
  return SSL_TLSEXT_ERR_OK;
}

OpensslHandle<SSL> TlsContext::NewConnection() const {
  OpensslHandle<SSL> ssl(SSL_new(contexts_.front().get()));
  if (ssl != nullptr) SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace stile
