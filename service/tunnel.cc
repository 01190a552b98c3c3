#include "service/tunnel.h"

#include <algorithm>
#include <utility>

#include <boost/asio/error.hpp>

#include "service/event_loop.h"

namespace stile {

Tunnel::Tunnel(EventLoop& loop, Transport client, StreamSocket upstream,
               std::string_view sent_ahead, std::string_view response, std::string_view first)
    : loop_(loop), client_(std::move(client)), upstream_(std::move(upstream)) {
  up_.buffer.Append(sent_ahead);
  down_.buffer.Append(response);
  down_.buffer.Append(first);
}

void Tunnel::Start() {
  const Guard guard(*this);
  Touch();
  Pump(down_);
  if (!closed_) Pump(up_);
}

void Tunnel::Close() noexcept {
  if (closed_) return;
  const Ptr self(this);
  closed_ = true;
  DeadlineTimer::Disarm(*this);
  client_.Close();
  upstream_.Close();
  loop_.Remove(*this, true);
}

void Tunnel::Touch() {
  const LimitsConfig& limits = loop_.limits();
  deadline_ = CoarseNow() + std::max(limits.idle_timeout, limits.upstream_timeout);
  loop_.timer().Arm(*this, deadline_);
}

void Tunnel::OnDeadline() {
  loop_.counters().timeouts.Add();
  Close();
}

// Sends what the flow holds, then reads again.
void Tunnel::Pump(Flow& flow) {
  while (!flow.buffer.empty()) {
    SocketError error;
    flow.buffer.Consume(WriteNow(flow.to, flow.buffer.view(), error));
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
      WriteSome(flow.to, flow.buffer.view(), flow.memory,
                [self = boost::intrusive_ptr<Tunnel>(this), &flow](const SocketError& failure,
                                                                   std::size_t size) {
                  if (self->closed_) return;
                  const Guard guard(*self);
                  if (failure) return self->Close();
                  flow.buffer.Consume(size);
                  self->Touch();
                  self->Pump(flow);
                });
      return;
    }
    if (error) return Close();
  }
  Read(flow);
}

void Tunnel::Read(Flow& flow) {
  ReadSome(
      flow.from, [&flow] { return flow.buffer.Room(kRead); }, flow.memory,
      [self = boost::intrusive_ptr<Tunnel>(this), &flow](const SocketError& error,
                                                         std::size_t size) {
        if (self->closed_) return;
        const Guard guard(*self);
        if (error == boost::asio::error::eof) return self->OnEnd(flow);
        if (error) return self->Close();
        flow.buffer.Commit(size);
        self->Touch();
        self->Pump(flow);
      });
}

void Tunnel::OnEnd(Flow& flow) {
  flow.done = true;
  SocketError error;
  flow.to.ShutdownSend(error);
  if (error || (up_.done && down_.done)) Close();
}

}  // namespace stile
