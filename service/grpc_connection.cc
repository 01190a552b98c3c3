#include "service/grpc_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "service/event_loop.h"

namespace stile {
namespace {

constexpr std::size_t kRead = 16 * 1024;
constexpr std::size_t kWrite = 64 * 1024;
// For calls that cross the announcement on their way.
constexpr std::chrono::seconds kCrossing{1};

}  // namespace

GrpcConnection::GrpcConnection(EventLoop& loop, Transport socket,
                               std::shared_ptr<const ListenerPlan> plan, const ConnectionPeer& peer)
    : loop_(loop),
      plan_(std::move(plan)),
      socket_(std::move(socket)),
      peer_(peer),
      service_(loop, *plan_, peer_),
      session_(service_) {}

void GrpcConnection::Start(std::string_view received) {
  const Turn turn(*this);
  const LimitsConfig& limits = loop_.limits();
  const bool known = IsTrustedPeer(plan_->client_address, peer_.address);
  read_deadline_ = CoarseNow() + (known ? limits.idle_timeout : limits.head_timeout);
  if (loop_.draining()) Announce(loop_.idle_end());
  Take(received);
}

void GrpcConnection::Close() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Ptr self(this);
  phase_ = Phase::kClosed;
  DeadlineTimer::Disarm(*this);
  socket_.Close();
  loop_.Remove(*this, true);
}

void GrpcConnection::BeginDrain() {
  if (phase_ != Phase::kOpen) return;
  const Turn turn(*this);
  Announce(loop_.idle_end());
  Pump();
}

// --- Calls -------------------------------------------------------------------------------------

void GrpcConnection::Take(std::string_view bytes) {
  failed_ = !session_.Receive(bytes);
  in_.Clear();
  in_.Release(0);
  if (!failed_) SetReadDeadline();
  Pump();
}

// A peer that sends a message in pieces has head_timeout for it; what it sends otherwise keeps no
// connection, but calls do.
void GrpcConnection::SetReadDeadline() {
  const bool progressed = session_.answered() != answered_;
  answered_ = session_.answered();
  const bool incomplete = session_.incomplete() != 0;
  const bool same = incomplete == std::exchange(incomplete_, incomplete);
  if (phase_ != Phase::kOpen || (same && !progressed)) return;
  const LimitsConfig& limits = loop_.limits();
  const bool known = IsTrustedPeer(plan_->client_address, peer_.address);
  // What a stranger says doesn't keep it here.
  if (!known) return;
  read_deadline_ = CoarseNow() + (incomplete ? limits.head_timeout : limits.idle_timeout);
}

void GrpcConnection::Announce(Instant until) {
  phase_ = Phase::kAnnounced;
  session_.Announce();
  read_deadline_ = until;
}

void GrpcConnection::Finish() {
  phase_ = Phase::kFinished;
  session_.Finish();
  read_deadline_ = CoarseNow() + loop_.limits().head_timeout;
}

// --- Bytes -------------------------------------------------------------------------------------

void GrpcConnection::Read() {
  if (reading_) return;
  reading_ = true;
  ReadSome(
      socket_, [this] { return in_.Room(kRead); }, read_memory_,
      [self = boost::intrusive_ptr<GrpcConnection>(this)](
          const SocketError& error, std::size_t size) { self->OnRead(error, size); });
}

void GrpcConnection::OnRead(const SocketError& error, std::size_t size) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  const Turn turn(*this);
  if (error) return Close();
  in_.Commit(size);
  if (phase_ == Phase::kLinger) {
    lingered_ += in_.size();
    in_.Clear();
    return lingered_ > kMaxLinger ? Close() : Read();
  }
  Take(in_.view());
}

// Sends what there is to say; then listens, or ends.
void GrpcConnection::Pump() {
  if (writing_ || phase_ == Phase::kLinger || phase_ == Phase::kClosed) return;
  while (true) {
    if (!session_.Send(out_, kWrite)) return Close();
    if (out_.empty()) break;
    SocketError error;
    const std::size_t size = WriteNow(socket_, out_.view(), error);
    out_.Consume(size);
    if (WouldBlock(error)) {
      writing_ = true;
      write_deadline_ = CoarseNow() + loop_.limits().body_timeout;
      return WriteSome(socket_, out_.view(), write_memory_,
                       [self = boost::intrusive_ptr<GrpcConnection>(this)](
                           const SocketError& failure, std::size_t written) {
                         self->OnWritten(failure, written);
                       });
    }
    if (error) return Close();
  }
  out_.Release(0);
  if (failed_ || session_.done()) return Linger();
  Read();
}

void GrpcConnection::OnWritten(const SocketError& error, std::size_t size) {
  writing_ = false;
  write_deadline_ = Instant::max();
  if (phase_ == Phase::kClosed) return;
  const Turn turn(*this);
  if (error) return Close();
  out_.Consume(size);
  Pump();
}

void GrpcConnection::Linger() {
  phase_ = Phase::kLinger;
  read_deadline_ = CoarseNow() + kLingerTime;
  SocketError error;
  socket_.ShutdownSend(error);
  if (error) return Close();
  Read();
}

void GrpcConnection::ArmDeadline() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Instant deadline = std::min(read_deadline_, write_deadline_);
  if (deadline != Instant::max()) loop_.timer().Arm(*this, deadline);
}

void GrpcConnection::OnDeadline() {
  const Turn turn(*this);
  const Instant now = CoarseNow();
  if (write_deadline_ <= now) {
    loop_.counters().timeouts.Add();
    return Close();
  }
  if (read_deadline_ > now) return;
  switch (phase_) {
    case Phase::kOpen:
      if (incomplete_) {
        loop_.counters().timeouts.Add();
        return Close();
      }
      Announce(now + kCrossing);
      return Pump();
    case Phase::kAnnounced:
      Finish();
      return Pump();
    case Phase::kFinished:
    case Phase::kLinger:
    case Phase::kClosed:
      return Close();
  }
}

}  // namespace stile
