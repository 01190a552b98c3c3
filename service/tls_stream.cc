#include "service/tls_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stile {
namespace {

bool IsTemporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

TlsFailure FailureOf(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return TlsFailure::kMalformed;
  const int reason = ERR_GET_REASON(error);
  // An alert of the client's, by its number.
  if (reason >= SSL_AD_REASON_OFFSET) return TlsFailure::kAlert;
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailure::kPlainHttp;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
      return TlsFailure::kVersion;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return TlsFailure::kCipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFailure::kProtocol;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return TlsFailure::kClosed;
    default:
      return TlsFailure::kMalformed;
  }
}

}  // namespace

std::unique_ptr<TlsStream> TlsStream::Create(std::shared_ptr<const TlsContext> context,
                                             int descriptor, std::string_view received) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(context), descriptor, received));
  stream->ssl_ = stream->context_->NewConnection();
  BIO* const bio = Method() == nullptr ? nullptr : BIO_new(Method());
  if (stream->ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_data(bio, stream.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(stream->ssl_.get(), bio, bio);  // Takes it over.
  return stream;
}

TlsStream::Step TlsStream::Handshake() {
  ERR_clear_error();
  const Step step = Outcome(SSL_accept(ssl_.get()));
  established_ = step.status == Status::kDone;
  return step;
}

TlsStream::Step TlsStream::Read(std::span<char> room) {
  ERR_clear_error();
  std::size_t size = 0;
  Step step = Outcome(SSL_read_ex(ssl_.get(), room.data(), room.size(), &size));
  step.size = size;
  return step;
}

TlsStream::Step TlsStream::Write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t size = 0;
  Step step = Outcome(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size));
  step.size = size;
  return step;
}

TlsStream::Step TlsStream::Outcome(int result) {
  reads_left_ = 0;
  if (result > 0) return {Status::kDone};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Status::kAwaitsRead};
    case SSL_ERROR_WANT_WRITE:
      return {Status::kAwaitsWrite};
    case SSL_ERROR_ZERO_RETURN:
      return {Status::kEnded};
    case SSL_ERROR_SSL:
      failure_ = FailureOf(ERR_peek_error());
      break;
    default:
      failure_ = TlsFailure::kClosed;
      break;
  }
  broken_ = true;
  return {Status::kFailed};
}

void TlsStream::CloseNotify() {
  if (broken_ || !established_ || descriptor_ < 0) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
}

const BIO_METHOD* TlsStream::Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stile descriptor");
    if (made == nullptr) return made;
    BIO_meth_set_read(made, OnBioRead);
    BIO_meth_set_write(made, OnBioWrite);
    BIO_meth_set_ctrl(made, OnBioControl);
    return made;
  }();
  return method;
}

int TlsStream::OnBioRead(BIO* bio, char* out, int size) {
  TlsStream& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!self.received_.empty()) {
    const std::size_t taken = std::min(static_cast<std::size_t>(size), self.received_.size());
    std::memcpy(out, self.received_.data(), taken);
    self.received_.erase(0, taken);
    self.heard_ = true;
    return static_cast<int>(taken);
  }
  if (self.drained_ || self.reads_left_ == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  --self.reads_left_;
  const ssize_t got = recv(self.descriptor_, out, static_cast<std::size_t>(size), 0);
  if (got < 0 && IsTemporary(errno)) {
    self.drained_ = errno != EINTR;
    BIO_set_retry_read(bio);
    return -1;
  }
  if (got > 0) self.heard_ = true;
  if (got == 0) self.at_end_ = true;
  self.drained_ = got > 0 && got < size;
  return static_cast<int>(got);
}

int TlsStream::OnBioWrite(BIO* bio, const char* bytes, int size) {
  TlsStream& self = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      send(self.descriptor_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && IsTemporary(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long TlsStream::OnBioControl(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->at_end_ ? 1 : 0;
  return 0;
}

}  // namespace stile
