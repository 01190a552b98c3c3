#include "service/proxy_introduction.h"

#include <utility>

#include <boost/asio/error.hpp>

#include "service/client_address.h"
#include "service/client_connection.h"
#include "service/event_loop.h"
#include "service/tls_handshake.h"

namespace stile {
namespace {

constexpr std::size_t kRoom = 512;  // More than most headers have.

}  // namespace

ProxyIntroduction::ProxyIntroduction(EventLoop& loop, StreamSocket socket,
                                     std::shared_ptr<const ListenerPlan> plan,
                                     const std::optional<IpAddress>& peer)
    : loop_(loop), socket_(std::move(socket)), plan_(std::move(plan)), peer_(peer) {}

void ProxyIntroduction::Start() {
  const Guard guard(*this);
  if (!IsTrustedPeer(plan_->client_address, peer_)) {
    return Refuse(ProxyHeaderReason::kUntrustedPeer);
  }
  loop_.timer().Arm(*this, CoarseNow() + loop_.limits().head_timeout);
  Read();
}

void ProxyIntroduction::Close() noexcept {
  if (closed_) return;
  const Ptr self(this);
  closed_ = true;
  DeadlineTimer::Disarm(*this);
  SocketError ignored;
  socket_.close(ignored);
  loop_.Remove(*this, true);
}

void ProxyIntroduction::BeginDrain() {
  // Who has begun gets his time; a load balancer that connects ahead of need says nothing.
  if (in_.empty()) loop_.timer().Arm(*this, loop_.idle_end());
}

void ProxyIntroduction::OnDeadline() {
  if (loop_.draining() && in_.empty()) return Close();
  loop_.counters().timeouts.Add();
  Refuse(ProxyHeaderReason::kIncomplete);
}

void ProxyIntroduction::Read() {
  ReadSome(socket_, in_.Room(kRoom), memory_,
           [self = boost::intrusive_ptr<ProxyIntroduction>(this)](
               const SocketError& error, std::size_t size) { self->OnRead(error, size); });
}

void ProxyIntroduction::OnRead(const SocketError& error, std::size_t size) {
  if (closed_) return;
  const Guard guard(*this);
  // A load balancer that only looks whether somebody is there says nothing.
  if (error == boost::asio::error::eof && in_.empty()) return Close();
  if (error) return Refuse(ProxyHeaderReason::kIncomplete);
  in_.Commit(size);
  const ProxyHeader header = ReadProxyHeader(in_.view());
  switch (header.status) {
    case ProxyHeader::Status::kNeedMore:
      return Read();
    case ProxyHeader::Status::kRefused:
      return Refuse(header.reason);
    case ProxyHeader::Status::kComplete:
      return Introduce(header);
  }
}

void ProxyIntroduction::Refuse(ProxyHeaderReason reason) {
  loop_.counters().proxy_headers_refused[static_cast<std::size_t>(reason)].Add();
  Close();
}

void ProxyIntroduction::Introduce(const ProxyHeader& header) {
  const Ptr self(this);
  in_.Consume(header.size);
  const ConnectionPeer peer{header.local ? peer_ : header.client, header.tls};
  const auto become = [this](auto connection) {
    loop_.Add(*connection);
    closed_ = true;
    DeadlineTimer::Disarm(*this);
    loop_.Remove(*this, false);
    connection->Start(in_.view());
  };
  if (plan_->tls != nullptr) {
    return become(boost::intrusive_ptr<TlsHandshake>(
        new TlsHandshake(loop_, std::move(socket_), plan_, peer)));
  }
  become(boost::intrusive_ptr<ClientConnection>(
      new ClientConnection(loop_, std::move(socket_), plan_, peer)));
}

}  // namespace stile
