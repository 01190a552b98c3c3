#include "service/client_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/error.hpp>

#include "service/dialect/dialect.h"
#include "service/engine_request.h"
#include "service/event_loop.h"
#include "service/gateway_answer.h"
#include "service/grpc_connection.h"
#include "service/overload_answer.h"
#include "service/pinned_site.h"
#include "service/timed_decision.h"
#include "service/tunnel.h"

namespace stile {
namespace {

constexpr std::size_t kHeadRoom = 4 * 1024;
constexpr std::size_t kContentRoom = 16 * 1024;
constexpr int kHeadsAtOnce = 16;  // Then other connections get their turn.
// A client that moves less than this in body_timeout, either way, is as one that moves nothing.
constexpr std::size_t kLeastProgress = 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// True if this is the preface of HTTP/2, or what there is of it so far.
bool BeginsPreface(std::string_view bytes) {
  return !bytes.empty() &&
         GrpcSession::kPreface.starts_with(bytes.substr(0, GrpcSession::kPreface.size()));
}

}  // namespace

ClientConnection::ClientConnection(EventLoop& loop, Transport socket,
                                   std::shared_ptr<const ListenerPlan> plan,
                                   const ConnectionPeer& peer)
    : loop_(loop),
      plan_(std::move(plan)),
      socket_(std::move(socket)),
      peer_(peer),
      exchange_(loop, *this) {}

void ClientConnection::Start(std::string_view received) {
  const Turn turn(*this);
  in_.Append(received);
  // A client that opens a connection has something to say.
  read_deadline_ = CoarseNow() + loop_.limits().head_timeout;
  ReadHeads();
}

void ClientConnection::StartRefused() {
  const Turn turn(*this);
  Answer answer = PlainAnswer(400);
  answer.body = "400 Bad Request: this port speaks TLS, so its addresses begin with https://\n";
  Send(answer, false);
}

void ClientConnection::Close() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Ptr self(this);
  phase_ = Phase::kClosed;
  exchange_.Abandon();
  if (checking_ != nullptr) {
    loop_.ForgetCheck(std::exchange(ticket_, 0));
  } else if (ticket_ != 0) {
    loop_.ForgetSpend(std::exchange(ticket_, 0));
  }
  DeadlineTimer::Disarm(*this);
  socket_.Close();
  loop_.Remove(*this, true);
}

// Closes a connection on which all has been said.
void ClientConnection::Part() {
  if (phase_ != Phase::kClosed) socket_.Part();
  Close();
}

void ClientConnection::BeginDrain() {
  // What is under way ends with Connection: close, and so does what a client is about to ask: a
  // connection that is closed under its request looks to it like one that failed.
  const Turn turn(*this);
  if (phase_ == Phase::kHead && in_.empty()) {
    read_deadline_ = std::min(read_deadline_, loop_.idle_end());
    awaits_first_byte_ = true;
  }
}

// --- Bytes -------------------------------------------------------------------------------------

void ClientConnection::Read(std::size_t room) {
  if (reading_ || ended_) return;
  reading_ = true;
  ReadSome(
      socket_, [this, room] { return in_.Room(room); }, read_memory_,
      [self = boost::intrusive_ptr<ClientConnection>(this)](
          const SocketError& error, std::size_t size) { self->OnRead(error, size); });
}

void ClientConnection::OnRead(const SocketError& error, std::size_t size) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  const Turn turn(*this);
  if (error) {
    ended_ = true;
    if (error != boost::asio::error::eof) return Close();
    return OnEnd();
  }
  in_.Commit(size);
  switch (phase_) {
    case Phase::kHead:
      return ReadHeads();
    case Phase::kContent:
      NoteContent(size);
      return PumpContent();
    case Phase::kExchange:
      NoteContent(size);
      read_deadline_ = Instant::max();
      return exchange_.OnClientRead();
    case Phase::kLinger:
      lingered_ += in_.size();
      in_.Consume(in_.size());
      if (lingered_ > kMaxLinger) return Close();
      return Read(kHeadRoom);
    case Phase::kStore:
    case Phase::kCheck:
    case Phase::kAnswer:
    case Phase::kClosed:
      return;
  }
}

// The client sends nothing more. It may still listen.
void ClientConnection::OnEnd() {
  switch (phase_) {
    case Phase::kHead:
    case Phase::kContent:
    case Phase::kCheck:
    case Phase::kLinger:
      return Close();
    case Phase::kExchange:
      if (!exchange_.request_done()) Close();
      return;
    case Phase::kStore:
    case Phase::kAnswer:
    case Phase::kClosed:
      return;
  }
}

Flushed ClientConnection::Flush() {
  if (writing_) return Flushed::kPending;
  while (!out_.empty()) {
    SocketError error;
    const std::size_t size = WriteNow(socket_, out_.view(), error);
    out_.Consume(size);
    taken_ += size;
    if (WouldBlock(error)) {
      writing_ = true;
      if (write_deadline_ == Instant::max() || taken_ >= kLeastProgress) {
        write_deadline_ = CoarseNow() + loop_.limits().body_timeout;
        taken_ = 0;
      }
      Write();
      return Flushed::kPending;
    }
    if (error) return Flushed::kFailed;
  }
  return Flushed::kDone;
}

void ClientConnection::Write() {
  WriteSome(socket_, out_.view(), write_memory_,
            [self = boost::intrusive_ptr<ClientConnection>(this)](
                const SocketError& error, std::size_t size) { self->OnWritten(error, size); });
}

void ClientConnection::OnWritten(const SocketError& error, std::size_t size) {
  writing_ = false;
  if (phase_ == Phase::kClosed) return;
  const Turn turn(*this);
  if (error) return Close();
  out_.Consume(size);
  taken_ += size;
  switch (Flush()) {
    case Flushed::kPending:
      return;
    case Flushed::kFailed:
      return Close();
    case Flushed::kDone:
      break;
  }
  write_deadline_ = Instant::max();
  if (phase_ == Phase::kExchange) return exchange_.OnClientWritten();
  if (phase_ == Phase::kContent) return PumpContent();
  if (phase_ == Phase::kAnswer) EndAnswer();
}

void ClientConnection::ArmDeadline() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Instant deadline = std::min({read_deadline_, write_deadline_, exchange_.deadline()});
  if (deadline != Instant::max()) loop_.timer().Arm(*this, deadline);
}

void ClientConnection::OnDeadline() {
  const Turn turn(*this);
  const Instant now = CoarseNow();
  const bool exchange_is_late = exchange_.deadline() <= now;
  const bool write_is_late = write_deadline_ <= now;
  if (!exchange_is_late && !write_is_late && read_deadline_ > now) return;
  const bool idle = phase_ == Phase::kHead && in_.empty();
  if (!idle && phase_ != Phase::kLinger) loop_.counters().timeouts.Add();
  if (write_is_late) return Close();
  // A client that says something in this moment reads the end, rather than a reset.
  if (idle) return loop_.draining() ? Linger() : Part();
  switch (phase_) {
    case Phase::kHead:
    case Phase::kContent:
      if (writing_) return Close();
      return RefuseRequest(408);
    case Phase::kExchange:
      if (exchange_is_late) return exchange_.OnTimeout();
      return exchange_.OnClientTimeout();
    case Phase::kStore:
      return OnSpendTimeout();
    case Phase::kCheck:
      return OnCheckTimeout();
    case Phase::kAnswer:
    case Phase::kLinger:
    case Phase::kClosed:
      return Close();
  }
}

// --- Requests ----------------------------------------------------------------------------------

// One request after the other, for as long as they are there and answered at once. Of a client that
// sends many ahead only some in a turn.
void ClientConnection::ReadHeads() {
  if (in_heads_) return;
  in_heads_ = true;
  for (int count = 0; phase_ == Phase::kHead; ++count) {
    if (count == kHeadsAtOnce && !in_.empty()) return ReadMoreHeads();
    if (plan_->mode == ListenerMode::kExtAuthz && BeginsPreface(in_.view())) {
      in_.size() < GrpcSession::kPreface.size() ? AwaitHead() : BecomeGrpc();
      break;
    }
    const LimitsConfig& limits = loop_.limits();
    const HeadResult result = head_.Read(
        in_.bytes(), HeadLimits{.max_head = limits.max_head, .max_body = limits.max_body});
    if (result.status == HeadStatus::kComplete) {
      OnHead(result.size);
    } else if (result.status == HeadStatus::kNeedMore) {
      AwaitHead();
      break;
    } else {
      Refuse(result);
    }
  }
  in_heads_ = false;
}

void ClientConnection::ReadMoreHeads() {
  AwaitTurn(socket_.socket(), write_memory_,
            [self = boost::intrusive_ptr<ClientConnection>(this)](const SocketError&) {
              self->in_heads_ = false;
              const Turn turn(*self);
              self->ReadHeads();
            });
}

void ClientConnection::AwaitHead() {
  if (ended_) return Part();
  if (read_deadline_ == Instant::max()) {
    // Between requests; the first byte of the next one starts the other clock.
    const auto& limits = loop_.limits();
    read_deadline_ = CoarseNow() + (in_.empty() ? limits.idle_timeout : limits.head_timeout);
    awaits_first_byte_ = in_.empty();
  } else if (awaits_first_byte_ && !in_.empty()) {
    read_deadline_ = CoarseNow() + loop_.limits().head_timeout;
    awaits_first_byte_ = false;
  }
  if (loop_.draining() && in_.empty()) {
    read_deadline_ = std::min(read_deadline_, loop_.idle_end());
    awaits_first_byte_ = true;
  }
  Read(in_.empty() ? kHeadRoom : 1);
}

void ClientConnection::Refuse(const HeadResult& result) {
  loop_.counters().heads_refused[static_cast<std::size_t>(result.reason)].Add();
  http_1_1_ = true;
  to_head_ = false;
  const std::uint16_t status = HttpStatusOf(result.status);
  if (plan_->mode == ListenerMode::kSiteverify) return RefuseRequest(status);
  Send(AnswerToRefusedHead(plan_->mode, status), false);
}

// Of what can't be read, or not in time.
void ClientConnection::RefuseRequest(std::uint16_t status) {
  if (plan_->mode == ListenerMode::kSiteverify) return RefuseSiteverify(false);
  Send(PlainAnswer(status), false);
}

// The engine that is to serve `request`, which is pinned as that has its sites.
inline const Engine& ClientConnection::ChooseFor(const Engine& entered, Request& request) noexcept {
  const Engine& chosen = loop_.Choose(entered, request);
  if (&chosen != &entered) request.site = PinnedSite(chosen);
  return chosen;
}

void ClientConnection::OnHead(std::size_t size) {
  loop_.counters().requests.Add();
  read_deadline_ = Instant::max();
  head_size_ = size;
  http_1_1_ = head_.is_http_1_1();
  keep_alive_ = head_.keep_alive() && !loop_.draining();
  to_head_ = head_.method() == "HEAD";
  unread_ = false;
  content_time_ = loop_.limits().body_timeout;
  content_come_ = 0;
  origin_ = FindClientOrigin(plan_->client_address, peer_, head_);

  if (plan_->mode == ListenerMode::kSiteverify) return OnSiteverifyHead();
  const Engine& entered = loop_.Enter();
  Request request = EngineRequestOf(head_, origin_, PinnedSite(entered));
  const Engine& engine = ChooseFor(entered, request);
  if (!head_.without_content() && engine.WantsBody(request)) {
    if (loop_.TakeRedeem()) return BeginContent();
    loop_.counters().posts_deferred.Add();
    return Send(OverloadAnswer(request), false);
  }
  Serve(engine, request, {}, head_.without_content());
}

std::uint16_t ClientConnection::PinnedSite(const Engine& engine) const noexcept {
  return stile::PinnedSite(*plan_, engine);
}

// The rest of what came is the session's.
void ClientConnection::BecomeGrpc() {
  const Ptr self(this);
  const boost::intrusive_ptr<GrpcConnection> grpc(
      new GrpcConnection(loop_, std::move(socket_), plan_, peer_));
  loop_.Add(*grpc);
  phase_ = Phase::kClosed;
  DeadlineTimer::Disarm(*this);
  loop_.Remove(*this, false);
  grpc->Start(in_.view());
}

void ClientConnection::BeginContent() {
  if (head_.content_length() > Engine::kMaxBody) return RefuseRequest(413);
  phase_ = Phase::kContent;
  content_body_ = RequestBody(head_, Engine::kMaxBody, RequestBody::Output::kPlain);
  content_.Clear();
  // The head stays where it is while content comes and goes.
  kept_head_.Clear();
  kept_head_.Append(in_.view().substr(0, head_size_));
  in_.Consume(std::exchange(head_size_, 0));
  const LimitsConfig& limits = loop_.limits();
  (void)head_.Read(kept_head_.bytes(),
                   HeadLimits{.max_head = limits.max_head, .max_body = limits.max_body});
  if (head_.expect_continue() && in_.empty() && !SendContinue()) return;
  PumpContent();
}

void ClientConnection::PumpContent() {
  if (writing_) return;  // The 100; then this is called again.
  switch (content_body_.Move(in_, content_)) {
    case RequestBody::Status::kRefused: {
      const ChunkedReason reason = content_body_.reason();
      loop_.counters().bodies_refused[static_cast<std::size_t>(reason)].Add();
      return RefuseRequest(reason == ChunkedReason::kBodyTooLarge ? 413 : 400);
    }
    case RequestBody::Status::kNeedMore:
      return ReadContent();
    case RequestBody::Status::kDone:
      break;
  }
  read_deadline_ = Instant::max();
  if (plan_->mode == ListenerMode::kSiteverify) {
    ServeSiteverify(content_.view());
    return ReadHeads();
  }
  const Engine& entered = loop_.Enter();
  Request request = EngineRequestOf(head_, origin_, PinnedSite(entered));
  const Engine& engine = ChooseFor(entered, request);
  Serve(engine, request, content_.view(), true);
  ReadHeads();
}

void ClientConnection::Serve(const Engine& engine, Request& request, std::string_view content,
                             bool content_read) {
  const UnixMillis now = loop_.Now();
  if (IsAsked(plan_->mode) && !engine.IsOwn(request)) {
    Request asked;
    Decision decided;
    AnswerQuestion(plan_->mode,
                   {engine, head_, origin_, request, plan_->fingerprint_field, now, loop_.worker(),
                    loop_.counters(), loop_.facts(), loop_.names(), asked, decided,
                    loop_.overloaded(), plan_->mode == ListenerMode::kExtAuthz,
                    plan_->client_address.source != ClientAddressSource::kPeer},
                   loop_.answer());
    const bool refused = decided.action == Action::kChallenge || decided.action == Action::kDeny;
    if (refused && loop_.answer().status != 200) {
      loop_.NoteRefusal(engine, asked, decided, loop_.answer().reference, now);
    }
    return Send(loop_.answer(), content_read);
  }
  loop_.facts().Find(engine, head_, origin_, plan_->fingerprint_field, false, request);
  const Decision decision =
      DecideTimed(engine, request, now, loop_.worker(), loop_.counters(), loop_.names());
  if (plan_->mode == ListenerMode::kPublic && decision.action != Action::kServe) {
    return Send(PlainAnswer(404), content_read);
  }
  if (decision.action == Action::kAllow) {
    // Where time is short, the next request of who has a clearance goes before those of others.
    socket_.socket().channel().set_yields(decision.rank_held == 0);
    return Forward(engine, request, engine.Renew(request, decision, now, loop_.worker()));
  }

  if (decision.action == Action::kServe && phase_ == Phase::kContent && loop_.has_redeem_desk()) {
    return ServeContent(engine, request, decision, content);
  }

  Answer& answer = loop_.answer();
  if (loop_.overloaded() && ShortAnswer(engine, request, decision, now, answer)) {
    loop_.counters().shed.Add();
    return Send(answer, content_read);
  }
  engine.Respond(request, decision, content, now, loop_.worker(), answer);
  if (answer.status != 0) {
    if (decision.action != Action::kServe) {
      loop_.NoteRefusal(engine, request, decision, answer.reference, now);
    }
    return Send(answer, content_read);
  }
  // No challenge could be issued, and the rule says to let such a request through.
  if (decision.action == Action::kChallenge) return Forward(engine, request, {});
  Send(PlainAnswer(503), content_read);
}

void ClientConnection::Forward(const Engine& engine, const Request& request,
                               std::string_view renewal) {
  const std::size_t site = engine.SiteOf(request);
  std::shared_ptr<UpstreamPool> pool = loop_.PoolOf(engine, site);
  // Content that was read for the engine can't be sent on; the engine wants it for its own
  // endpoints alone, and those it serves.
  if (pool == nullptr || phase_ == Phase::kContent) {
    loop_.counters().upstream_failures.Add();
    return Send(PlainAnswer(502), head_.without_content());
  }
  exchange_.Prepare(head_, origin_, engine, site, std::move(pool), renewal);
  in_.Consume(std::exchange(head_size_, 0));
  phase_ = Phase::kExchange;
  exchange_.Start();
}

// --- For the exchange --------------------------------------------------------------------------

// Only what the client keeps us waiting counts, and a byte now and then doesn't begin it anew.
void ClientConnection::NoteContent(std::size_t size) {
  if (read_deadline_ == Instant::max()) return;
  content_time_ =
      std::max(std::chrono::milliseconds(0),
               std::chrono::duration_cast<std::chrono::milliseconds>(read_deadline_ - CoarseNow()));
  content_come_ += size;
  if (content_come_ < kLeastProgress) return;
  content_time_ = loop_.limits().body_timeout;
  content_come_ = 0;
}

void ClientConnection::ReadContent() {
  read_deadline_ = CoarseNow() + content_time_;
  if (ended_) return OnEnd();
  Read(kContentRoom);
}

void ClientConnection::Watch() {
  if (in_.empty()) Read(kHeadRoom);
}

bool ClientConnection::SendContinue() {
  if (writing_) return true;
  out_.Append(kContinue);
  if (Flush() != Flushed::kFailed) return true;
  Close();
  return false;
}

void ClientConnection::EndExchange(bool content_read) {
  if (!content_read) {
    keep_alive_ = false;
    unread_ = true;
  }
  EndAnswer();
}

void ClientConnection::FailExchange(std::uint16_t status, bool content_read) {
  Send(PlainAnswer(status), content_read);
}

void ClientConnection::BecomeTunnel(UpstreamConnection& upstream) {
  const Ptr self(this);
  const boost::intrusive_ptr<Tunnel> tunnel(new Tunnel(loop_, std::move(socket_),
                                                       std::move(upstream.socket()), in_.view(),
                                                       out_.view(), upstream.in().view()));
  loop_.Add(*tunnel);
  phase_ = Phase::kClosed;
  DeadlineTimer::Disarm(*this);
  loop_.Remove(*this, false);
  tunnel->Start();
}

// --- Answers -----------------------------------------------------------------------------------

void ClientConnection::Send(const Answer& answer, bool content_read) {
  // Content that is here already needn't cost the connection.
  std::size_t here = head_size_;
  if (!content_read && head_size_ != 0 && head_.framing() == Framing::kLength &&
      in_.size() - head_size_ >= head_.content_length()) {
    here += static_cast<std::size_t>(head_.content_length());
    content_read = true;
  }
  if (!content_read || loop_.draining()) {
    keep_alive_ = false;
    unread_ = true;
  }
  const bool keep_alive = keep_alive_;
  WriteAnswer(
      answer,
      {.date = loop_.Date(), .keep_alive = keep_alive, .http_1_0 = !http_1_1_, .to_head = to_head_},
      out_);
  in_.Consume(here);
  head_size_ = 0;
  phase_ = Phase::kAnswer;
  read_deadline_ = Instant::max();
  switch (Flush()) {
    case Flushed::kPending:
      return;
    case Flushed::kFailed:
      return Close();
    case Flushed::kDone:
      return EndAnswer();
  }
}

// The client has got all of an answer or response.
void ClientConnection::EndAnswer() {
  if (!keep_alive_) return unread_ ? Linger() : Part();
  phase_ = Phase::kHead;
  read_deadline_ = Instant::max();
  Trim();
  ReadHeads();
}

// Leaves its memory to whoever has something to say next.
void ClientConnection::Trim() noexcept {
  in_.Release(0);
  out_.Release(0);
  content_.Clear();
  content_.Release(0);
  kept_head_.Clear();
  kept_head_.Release(0);
  exchange_.Trim();
}

// Closing while bytes come in would make the kernel reset the connection, and the client lose what
// was said last.
void ClientConnection::Linger() {
  if (ended_) return Part();
  phase_ = Phase::kLinger;
  read_deadline_ = CoarseNow() + kLingerTime;
  lingered_ = 0;
  in_.Consume(in_.size());
  SocketError error;
  socket_.ShutdownSend(error);
  if (error) return Close();
  Read(kHeadRoom);
}

}  // namespace stile
