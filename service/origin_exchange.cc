#include "service/origin_exchange.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "service/client_connection.h"
#include "service/event_loop.h"
#include "service/forwarding.h"

namespace stile {
namespace {

constexpr std::uint8_t kMaxInterimHeads = 16;

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

void OriginExchange::Prepare(const RequestHead& head, const ClientOrigin& origin,
                             const Engine& engine, std::size_t site,
                             std::shared_ptr<UpstreamPool> pool, std::string_view renewal,
                             const OutcomeTicket& ticket) {
  pool_ = std::move(pool);
  ticket_ = ticket;
  renewal_.Clear();
  renewal_.Append(renewal);
  out_.Clear();
  WriteRequestHead(head, origin, engine, site, out_);
  request_body_ = RequestBody(head, loop_.limits().max_body, RequestBody::Output::kFramed);
  response_body_ = ResponseBody();
  request_done_ = request_body_.done();
  retryable_ = head.without_content() && IsIdempotent(head.method());
  websocket_ = head.websocket();
  continue_owed_ = head.expect_continue();
  request_cut_ = answered_ = head_written_ = chunked_ = response_done_ = false;
  interim_heads_ = 0;
}

void OriginExchange::Start() {
  loop_.counters().upstream_requests.Add();
  sent_ = request_done_ ? CoarseNow() : Instant::max();
  Connect(false);
}

void OriginExchange::Connect(bool fresh) {
  connected_ = false;
  reused_ = false;
  if (!fresh) {
    upstream_ = pool_->TakeIdle(retryable_);
    reused_ = upstream_ != nullptr;
  }
  if (reused_) {
    loop_.counters().upstream_reused.Add();
    upstream_->set_user(this);
    OnUpstreamConnected(true);
    return;
  }
  upstream_ = pool_->New();
  upstream_->set_user(this);
  deadline_ = CoarseNow() + loop_.limits().upstream_connect_timeout;
  upstream_->Connect();
}

void OriginExchange::OnUpstreamConnected(bool connected) {
  const ClientConnection::Turn turn(client_);
  if (!connected) return Fail(502);
  connected_ = true;
  PumpRequest();
  if (upstream_ == nullptr) return;
  upstream_->Read();
  SetDeadline();
}

// Client to upstream, until one of them has to be waited for.
void OriginExchange::PumpRequest() {
  while (connected_ && !request_cut_ && !upstream_->writing()) {
    if (!request_done_ && !client_.in().empty()) {
      const RequestBody::Status status = request_body_.Move(client_.in(), out_);
      if (status == RequestBody::Status::kRefused) {
        const ChunkedReason reason = request_body_.reason();
        loop_.counters().bodies_refused[static_cast<std::size_t>(reason)].Add();
        return Fail(reason == ChunkedReason::kBodyTooLarge ? 413 : 400);
      }
      request_done_ = status == RequestBody::Status::kDone;
      continue_owed_ = false;
    }
    switch (upstream_->Flush(out_)) {
      case Flushed::kPending:
        return;
      case Flushed::kFailed:
        request_cut_ = true;  // It may have answered before it closed.
        return;
      case Flushed::kDone:
        break;
    }
    if (request_done_) {
      if (!websocket_) client_.Watch();
      return;
    }
    if (client_.in().empty()) {
      if (std::exchange(continue_owed_, false) && !client_.SendContinue()) return;
      client_.ReadContent();
      return;
    }
  }
}

// Upstream to client, until one of them has to be waited for.
void OriginExchange::PumpResponse() {
  while (connected_ && !client_.writing()) {
    if (!head_written_ && !ReadHead()) return;
    if (!MoveContent()) return client_.Close();
    switch (client_.Flush()) {
      case Flushed::kPending:
        return;
      case Flushed::kFailed:
        return client_.Close();
      case Flushed::kDone:
        break;
    }
    if (response_done_) return Finish();
    if (!upstream_->in().empty()) continue;
    if (upstream_->ended()) return client_.Close();  // The content is cut, and must look it.
    upstream_->Read();
    return;
  }
}

// Returns true if the response's head is on its way to the client.
bool OriginExchange::ReadHead() {
  ByteBuffer& in = upstream_->in();
  ResponseHead& head = upstream_->head();
  while (true) {
    ResponseHead::Result result{ResponseStatus::kNeedMore, 0};
    if (!in.empty()) result = head.Read({in.data(), in.size()}, client_.to_head());
    if (result.status == ResponseStatus::kNeedMore) {
      if (client_.Flush() == Flushed::kFailed) {
        client_.Close();
      } else if (upstream_->ended()) {
        OnUpstreamEnd();
      } else {
        upstream_->Read();
      }
      return false;
    }
    const bool too_many = head.is_interim() && ++interim_heads_ > kMaxInterimHeads;
    if (result.status != ResponseStatus::kComplete || too_many) {
      Fail(502);
      return false;
    }
    if (head.status() == 101) {
      in.Consume(result.size);
      BeginTunnel();
      return false;
    }
    if (!head.is_interim()) BeginResponse();
    // We have said 100 ourselves; HTTP/1.0 knows none of the others.
    if (head.is_interim() && head.status() != 100 && client_.http_1_1()) {
      WriteInterimHead(head, client_.out());
    }
    in.Consume(result.size);
    if (head_written_) return true;
  }
}

void OriginExchange::BeginResponse() {
  const ResponseHead& head = upstream_->head();
  NoteOutcome(head.status() >= 500);
  const ResponseFraming framing = head.framing();
  const bool unframed = framing == ResponseFraming::kChunked || framing == ResponseFraming::kClose;
  chunked_ = unframed && client_.http_1_1();
  response_body_ = ResponseBody(framing, head.content_length());
  // An HTTP/1.0 client learns the end of such content by the connection's.
  const bool keep_alive = client_.keep_alive() && !(unframed && !chunked_) && !loop_.draining();
  client_.set_keep_alive(keep_alive);
  WriteResponseHead(head,
                    {.chunked = chunked_,
                     .keep_alive = keep_alive,
                     .http_1_0 = !client_.http_1_1(),
                     .renewal = renewal_.view()},
                    client_.out());
  head_written_ = true;
}

// Returns false if the upstream's framing is broken.
bool OriginExchange::MoveContent() {
  ByteBuffer& in = upstream_->in();
  ByteBuffer& out = client_.out();
  while (!response_done_) {
    const ResponseBody::Step step = response_body_.Feed(in.bytes());
    if (step.status == ResponseBody::Status::kPayload) {
      const std::string_view payload(step.payload.data(), step.payload.size());
      if (chunked_) {
        AppendChunk(payload, out);
      } else {
        out.Append(payload);
      }
    }
    in.Consume(step.consumed);
    if (step.status == ResponseBody::Status::kPayload) continue;
    if (step.status == ResponseBody::Status::kRefused) return false;
    const bool closed =
        response_body_.ends_by_close() && upstream_->ended() && !upstream_->broken();
    if (step.status == ResponseBody::Status::kNeedMore && !closed) break;
    response_done_ = true;
    if (chunked_) out.Append(kLastChunk);
  }
  return true;
}

// The upstream is gone before a head was complete.
void OriginExchange::OnUpstreamEnd() {
  if (!reused_ || !retryable_ || answered_) return Fail(502);
  // It closed the connection while the request was on its way.
  upstream_->Close();
  out_.Rewind();
  request_cut_ = false;
  Connect(true);
}

void OriginExchange::BeginTunnel() {
  // One that answers before it has all of the request is not to be trusted with a tunnel.
  const bool sending = upstream_->writing() || !out_.empty();
  if (!websocket_ || !upstream_->head().upgrades_to_websocket() || upstream_->ended() || sending) {
    return Fail(502);
  }
  loop_.counters().upgrades.Add();
  // The head's fields lie in front of what in() now begins with.
  WriteUpgradeHead(upstream_->head(), client_.out());
  const UpstreamConnection::Ptr upstream = std::move(upstream_);
  upstream->set_user(nullptr);
  connected_ = false;
  deadline_ = Instant::max();
  pool_.reset();
  client_.BecomeTunnel(*upstream);
}

void OriginExchange::Finish() {
  const UpstreamConnection::Ptr upstream = std::move(upstream_);
  const bool complete = request_done_ && !request_cut_;
  const bool reusable = complete && out_.empty() && !upstream->writing() &&
                        upstream->head().keep_alive() && upstream->in().empty() &&
                        !upstream->ended();
  if (reusable) {
    pool_->Give(upstream, loop_.limits().max_idle_upstream);
  } else {
    upstream->Close();
  }
  connected_ = false;
  deadline_ = Instant::max();
  pool_.reset();
  client_.EndExchange(request_done_);
}

void OriginExchange::Fail(std::uint16_t status) {
  const bool unanswerable = head_written_ || client_.writing();
  const bool content_read = request_done_;
  if (status >= 500) {
    loop_.counters().upstream_failures.Add();
    NoteOutcome(true);
  }
  Abandon();
  if (unanswerable) return client_.Close();
  client_.FailExchange(status, content_read);
}

void OriginExchange::NoteOutcome(bool failed) noexcept {
  const OutcomeTicket ticket = std::exchange(ticket_, {});
  if (!ticket.counts) return;
  OriginOutcome outcome;
  outcome.failed = failed;
  if (sent_ != Instant::max()) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(CoarseNow() - sent_);
    outcome.millis = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took.count(), 0, 1 << 24));
  }
  // Another engine may serve by now.
  loop_.Enter().NoteOutcome(ticket, outcome, loop_.Now());
}

void OriginExchange::Abandon() noexcept {
  if (upstream_ != nullptr) upstream_->Close();
  upstream_.reset();
  pool_.reset();
  connected_ = false;
  deadline_ = Instant::max();
}

// The upstream has its time only while it is the upstream that is waited for.
void OriginExchange::SetDeadline() {
  if (!connected_) return;
  const bool its_turn =
      !client_.writing() && (request_done_ || request_cut_ || upstream_->writing());
  deadline_ = its_turn ? CoarseNow() + loop_.limits().upstream_timeout : Instant::max();
}

void OriginExchange::OnClientRead() {
  if (request_done_) return;
  PumpRequest();
  SetDeadline();
}

void OriginExchange::OnClientWritten() {
  PumpResponse();
  SetDeadline();
}

void OriginExchange::OnUpstreamRead() {
  const ClientConnection::Turn turn(client_);
  if (!upstream_->in().empty()) answered_ = true;
  PumpResponse();
  SetDeadline();
}

void OriginExchange::OnUpstreamWritten() {
  const ClientConnection::Turn turn(client_);
  PumpRequest();
  SetDeadline();
}

void OriginExchange::OnClientTimeout() { Fail(408); }

void OriginExchange::OnTimeout() { Fail(504); }

}  // namespace stile
