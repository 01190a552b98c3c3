#include "service/dialect/spop_connection.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "service/dialect/described_request.h"
#include "service/dialect/spop_hello.h"
#include "service/dialect/verdict_answer.h"
#include "service/engine_request.h"
#include "service/event_loop.h"
#include "service/pinned_site.h"
#include "service/timed_decision.h"
#include "verifier/rule_name.h"
#include "verifier/verdict.h"

namespace stile {
namespace {

constexpr std::size_t kReadRoom = 16 * 1024;
constexpr std::size_t kMostUnsent = 32 * 1024;  // Then what waits is sent before more is answered.

constexpr std::string_view kAllow = "allow";
constexpr std::string_view kChallenge = "challenge";
constexpr std::string_view kDeny = "deny";
constexpr SpopVariables kNoRequest = {kDeny, "error", kNothingToSay, {}, {}};

}  // namespace

SpopConnection::SpopConnection(EventLoop& loop, StreamSocket socket,
                               std::shared_ptr<const ListenerPlan> plan,
                               const std::optional<IpAddress>& peer)
    : loop_(loop), plan_(std::move(plan)), socket_(std::move(socket)), peer_(peer) {}

void SpopConnection::Start() {
  const Guard guard(*this);
  read_deadline_ = CoarseNow() + loop_.limits().head_timeout;
  if (loop_.draining()) {
    read_deadline_ = std::min(read_deadline_, loop_.idle_end());
    idle_ = true;
  }
  ArmDeadline();
  Read();
}

void SpopConnection::Close() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Ptr self(this);
  phase_ = Phase::kClosed;
  DeadlineTimer::Disarm(*this);
  SocketError ignored;
  socket_.close(ignored);
  loop_.Remove(*this, true);
}

// HAProxy can't be told to ask elsewhere before it has been answered: what it asks in the moment of
// a DISCONNECT is lost. Right behind an answer that is least likely.
void SpopConnection::BeginDrain() {
  const Guard guard(*this);
  if (phase_ != Phase::kHello && phase_ != Phase::kOpen) return;
  if (in_.empty()) {
    read_deadline_ = std::min(read_deadline_, loop_.idle_end());
    idle_ = true;
  }
  ArmDeadline();
}

void SpopConnection::OnDeadline() {
  const Guard guard(*this);
  const Instant now = CoarseNow();
  if (read_deadline_ > now && write_deadline_ > now) return ArmDeadline();
  if (phase_ == Phase::kLinger) return Close();
  if (write_deadline_ <= now) {
    loop_.counters().timeouts.Add();
    return Close();
  }
  if (writing_) return ArmDeadline();  // The write's own deadline decides.
  if (!idle_) loop_.counters().timeouts.Add();
  End(idle_ ? SpopStatus::kNormal : SpopStatus::kTimeout);
  Serve();
}

void SpopConnection::ArmDeadline() noexcept {
  if (phase_ == Phase::kClosed) return;
  const Instant deadline = std::min(writing_ ? Instant::max() : read_deadline_, write_deadline_);
  if (deadline != Instant::max()) loop_.timer().Arm(*this, deadline);
}

// --- Bytes -------------------------------------------------------------------------------------

void SpopConnection::Read() {
  if (reading_) return;
  reading_ = true;
  ReadSome(
      socket_, [this] { return in_.Room(std::max(kReadRoom, missing_)); }, read_memory_,
      [self = boost::intrusive_ptr<SpopConnection>(this)](
          const SocketError& error, std::size_t size) { self->OnRead(error, size); });
}

void SpopConnection::OnRead(const SocketError& error, std::size_t size) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  const Guard guard(*this);
  if (error) return Close();
  in_.Commit(size);
  if (phase_ == Phase::kLinger) {
    lingered_ += in_.size();
    in_.Clear();
    return lingered_ > kMaxLinger ? Close() : Read();
  }
  if (!writing_) Serve();
}

bool SpopConnection::Flush() {
  while (!out_.empty()) {
    SocketError error;
    out_.Consume(WriteNow(socket_, out_.view(), error));
    if (WouldBlock(error)) {
      writing_ = true;
      write_deadline_ = CoarseNow() + loop_.limits().body_timeout;
      ArmDeadline();
      WriteSome(
          socket_, out_.view(), write_memory_,
          [self = boost::intrusive_ptr<SpopConnection>(this)](
              const SocketError& failure, std::size_t size) { self->OnWritten(failure, size); });
      return false;
    }
    if (error) {
      Close();
      return false;
    }
  }
  write_deadline_ = Instant::max();
  return true;
}

void SpopConnection::OnWritten(const SocketError& error, std::size_t size) {
  writing_ = false;
  if (phase_ == Phase::kClosed) return;
  const Guard guard(*this);
  if (error) return Close();
  out_.Consume(size);
  Serve();
}

// --- Frames ------------------------------------------------------------------------------------

// Goes on: sends what is to be sent, answers what has come, and waits for more.
void SpopConnection::Serve() {
  for (bool all = false; !all;) {
    all = TakeFrames();
    const bool answered_all = all && answered_ && in_.empty() && phase_ == Phase::kOpen;
    if (loop_.draining() && answered_all) End(SpopStatus::kNormal);
    if (!Flush()) return;
  }
  if (phase_ == Phase::kEnding) return Linger();
  AwaitFrame();
}

bool SpopConnection::TakeFrames() {
  while (phase_ == Phase::kHello || phase_ == Phase::kOpen) {
    if (out_.size() >= kMostUnsent) return false;
    const SpopFrameResult found = ReadSpopFrame(in_.view(), max_frame_);
    if (found.status == SpopFrameResult::Status::kComplete) {
      OnFrame(found.frame);
      in_.Consume(found.size);
      read_deadline_ = Instant::max();
      continue;
    }
    if (found.status == SpopFrameResult::Status::kNeedMore) {
      missing_ = found.size;
      break;
    }
    End(found.reason);
  }
  return true;
}

void SpopConnection::OnFrame(const SpopFrame& frame) {
  const bool agreed = phase_ == Phase::kOpen;
  switch (frame.type) {
    case SpopFrameType::kHaproxyHello:
      return agreed ? End(SpopStatus::kInvalid) : OnHello(frame);
    case SpopFrameType::kHaproxyDisconnect:
      return End(SpopStatus::kNormal);
    case SpopFrameType::kNotify:
      return agreed ? OnNotify(frame) : End(SpopStatus::kInvalid);
    case SpopFrameType::kUnset:
    case SpopFrameType::kAgentHello:
    case SpopFrameType::kAgentDisconnect:
    case SpopFrameType::kAck:
      return End(SpopStatus::kInvalid);
  }
  if (!agreed) End(SpopStatus::kInvalid);  // Afterwards, what nobody knows is skipped.
}

void SpopConnection::OnHello(const SpopFrame& frame) {
  SpopHello hello;
  const SpopStatus status = ReadSpopHello(frame, hello);
  if (status != SpopStatus::kNormal) return End(status);
  max_frame_ = std::min(hello.max_frame_size, kMaxFrame);
  SpopWriter out(out_.Room(kSpopHelloRoom));
  WriteSpopHello(max_frame_, out);
  out_.Commit(out.size());
  phase_ = hello.health_check ? Phase::kEnding : Phase::kOpen;
}

void SpopConnection::OnNotify(const SpopFrame& frame) {
  SpopDescription description;
  DescriptionReason reason = DescriptionReason::kNone;
  if (!ReadSpopMessages(frame.payload, description, reason)) return End(SpopStatus::kInvalid);
  loop_.counters().requests.Add();
  if (!IsTrustedPeer(plan_->client_address, peer_)) reason = DescriptionReason::kUntrustedPeer;
  SpopVariables variables = kNoRequest;
  if (reason == DescriptionReason::kNone) {
    variables = Judge(description);
  } else {
    loop_.counters().descriptions_refused[static_cast<std::size_t>(reason)].Add();
  }
  const std::size_t room = std::min<std::size_t>(kSpopAckRoom, kSpopLengthSize + max_frame_);
  SpopWriter out(out_.Room(room).first(room));
  WriteSpopAck(frame.stream, frame.id, variables, out);
  out_.Commit(out.size());
  answered_ = loop_.draining();
}

void SpopConnection::End(SpopStatus status) {
  if (status != SpopStatus::kNormal) {
    loop_.counters().spop_refused[static_cast<std::size_t>(status)].Add();
  }
  SpopWriter out(out_.Room(kSpopDisconnectRoom));
  WriteSpopDisconnect(status, out);
  out_.Commit(out.size());
  phase_ = Phase::kEnding;
}

void SpopConnection::AwaitFrame() {
  if (read_deadline_ == Instant::max() || (idle_ && !in_.empty())) {
    const LimitsConfig& limits = loop_.limits();
    idle_ = in_.empty();
    read_deadline_ = CoarseNow() + (idle_ ? limits.idle_timeout : limits.head_timeout);
  }
  if (loop_.draining() && in_.empty()) {
    read_deadline_ = std::min(read_deadline_, loop_.idle_end());
    idle_ = true;
  }
  ArmDeadline();
  Read();
}

// Closing while bytes come in would make the kernel reset the connection, and HAProxy lose what was
// said last.
void SpopConnection::Linger() {
  phase_ = Phase::kLinger;
  read_deadline_ = CoarseNow() + kLingerTime;
  in_.Clear();
  SocketError error;
  socket_.shutdown(StreamSocket::shutdown_send, error);
  if (error) return Close();
  ArmDeadline();
  Read();
}

// --- Requests ----------------------------------------------------------------------------------

SpopVariables SpopConnection::Judge(const SpopDescription& description) {
  const std::size_t size = SpopHeadSize(description);
  head_text_.Clear();
  WriteSpopHead(description, head_text_.Room(size));
  head_text_.Commit(size);
  const LimitsConfig& limits = loop_.limits();
  const HeadResult read = head_.Read(
      head_text_.bytes(), HeadLimits{.max_head = limits.max_head, .max_body = limits.max_body});
  if (read.status != HeadStatus::kComplete || read.size != size) {
    head_.Clear();
    if (read.reason == HeadReason::kNone) {
      constexpr auto kSyntax = static_cast<std::size_t>(DescriptionReason::kFieldsSyntax);
      loop_.counters().descriptions_refused[kSyntax].Add();
    } else {
      loop_.counters().heads_refused[static_cast<std::size_t>(read.reason)].Add();
    }
    return kNoRequest;
  }
  const ClientOrigin origin{description.address, description.https, true};
  const Engine& entered = loop_.Enter();
  Request request = EngineRequestOf(head_, origin, PinnedSite(*plan_, entered));
  const Engine& engine = loop_.Choose(entered, request);
  if (&engine != &entered) request.site = PinnedSite(*plan_, engine);
  return Decide(engine, request, origin);
}

SpopVariables SpopConnection::Decide(const Engine& engine, Request& request,
                                     const ClientOrigin& origin) {
  const UnixMillis now = loop_.Now();
  Worker& worker = loop_.worker();
  loop_.facts().Find(engine, head_, origin, plan_->fingerprint_field, false, request);
  const Decision decision =
      DecideTimed(engine, request, now, worker, loop_.counters(), loop_.names());
  SpopVariables said = {kDeny, VerdictName(decision.verdict), {}, {}, {}};
  said.rule = decision.action == Action::kServe
                  ? kNothingToSay
                  : RuleName(engine.policy(engine.SiteOf(request)), decision);
  switch (decision.action) {
    case Action::kAllow:
      said.action = kAllow;
      said.cookie = engine.Renew(request, decision, now, worker);
      return said;
    case Action::kServe:
      said.action = kAllow;
      return said;
    case Action::kChallenge:
      said.action = engine.PassesOnFault(request, decision, now) ? kAllow : kChallenge;
      break;
    case Action::kDeny:
    case Action::kNone:
      break;
  }
  if (said.action == kAllow) return said;
  loop_.NoteRefusal(engine, request, decision, {}, now);
  if (loop_.overloaded() && decision.action == Action::kChallenge) {
    loop_.counters().shed.Add();
    return said;
  }
  said.context = engine.SealHop(request, decision, now, worker);
  return said;
}

}  // namespace stile
