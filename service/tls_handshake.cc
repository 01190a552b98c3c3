#include "service/tls_handshake.h"

#include <utility>

#include "service/client_connection.h"
#include "service/event_loop.h"

namespace stile {

TlsHandshake::TlsHandshake(EventLoop& loop, StreamSocket socket,
                           std::shared_ptr<const ListenerPlan> plan, const ConnectionPeer& peer)
    : loop_(loop), transport_(std::move(socket)), plan_(std::move(plan)), peer_(peer) {}

void TlsHandshake::Start(std::string_view received) {
  const Guard guard(*this);
  std::shared_ptr<const TlsContext> context = plan_->tls->Get();
  if (context == nullptr) return Fail(TlsFailure::kNoCertificate);
  const int descriptor = transport_.socket().native_handle();
  std::unique_ptr<TlsStream> tls = TlsStream::Create(std::move(context), descriptor, received);
  if (tls == nullptr) return Close();
  transport_ = Transport(std::move(transport_.socket()), std::move(tls));
  loop_.timer().Arm(*this, CoarseNow() + loop_.limits().head_timeout);
  transport_.tls()->OnReadable();
  Continue();
}

void TlsHandshake::Close() noexcept {
  if (closed_) return;
  const Ptr self(this);
  closed_ = true;
  DeadlineTimer::Disarm(*this);
  transport_.Close();
  loop_.Remove(*this, true);
}

void TlsHandshake::BeginDrain() {
  // Who has begun gets his time; many a browser connects ahead of need and says nothing.
  if (!transport_.tls()->heard()) loop_.timer().Arm(*this, loop_.idle_end());
}

void TlsHandshake::OnDeadline() {
  if (loop_.draining() && !transport_.tls()->heard()) return Close();
  loop_.counters().timeouts.Add();
  Fail(TlsFailure::kTimeout);
}

void TlsHandshake::Continue() {
  TlsStream& tls = *transport_.tls();
  const TlsStream::Step step = tls.Handshake();
  switch (step.status) {
    case TlsStream::Status::kDone:
      loop_.counters().tls_handshakes.Add();
      if (tls.resumed()) loop_.counters().tls_resumed.Add();
      return Become(true);
    case TlsStream::Status::kAwaitsRead:
    case TlsStream::Status::kAwaitsWrite:
      return AwaitTls(transport_, step.status, memory_,
                      [self = boost::intrusive_ptr<TlsHandshake>(this)](const SocketError& error) {
                        if (self->closed_) return;
                        const Guard guard(*self);
                        if (error) return self->Fail(TlsFailure::kClosed);
                        self->transport_.tls()->OnReadable();
                        self->Continue();
                      });
    case TlsStream::Status::kEnded:
      return Fail(TlsFailure::kClosed);
    case TlsStream::Status::kFailed:
      break;
  }
  // A load balancer that only looks whether somebody is there says nothing.
  if (!tls.heard()) return Close();
  if (tls.failure() == TlsFailure::kPlainHttp) {
    loop_.counters().tls_failures[static_cast<std::size_t>(TlsFailure::kPlainHttp)].Add();
    return Become(false);
  }
  Fail(tls.failure());
}

void TlsHandshake::Fail(TlsFailure failure) {
  loop_.counters().tls_failures[static_cast<std::size_t>(failure)].Add();
  Close();
}

void TlsHandshake::Become(bool established) {
  const Ptr self(this);
  peer_.https = true;
  if (!established) transport_ = Transport(std::move(transport_.socket()));
  const boost::intrusive_ptr<ClientConnection> connection(
      new ClientConnection(loop_, std::move(transport_), plan_, peer_));
  loop_.Add(*connection);
  closed_ = true;
  DeadlineTimer::Disarm(*this);
  loop_.Remove(*this, false);
  if (established) return connection->Start();
  connection->StartRefused();
}

}  // namespace stile
