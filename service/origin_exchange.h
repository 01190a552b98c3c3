#ifndef STILE_SERVICE_ORIGIN_EXCHANGE_H_
#define STILE_SERVICE_ORIGIN_EXCHANGE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/engine.h"
#include "engine/outcome_ticket.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/request_body.h"
#include "service/request_head.h"
#include "service/response_body.h"
#include "service/timer_wheel.h"
#include "service/upstream_connection.h"
#include "service/upstream_pool.h"

namespace stile {

class ClientConnection;
class EventLoop;

// One request on its way to the origin and the response on its way back, both at once and each as
// fast as its slower side. At most one read of each side is held at any time.
//
// A connection owns one and uses it again for each of its requests.
class OriginExchange final : public UpstreamUser {
 public:
  OriginExchange(EventLoop& loop, ClientConnection& client) noexcept
      : loop_(loop), client_(client) {}

  // Writes the head for the origin. After it the request's bytes may move. `renewal` is a
  // Set-Cookie value for the response, or empty. The engine hears of `ticket` what came of it.
  void Prepare(const RequestHead& head, const ClientOrigin& origin, const Engine& engine,
               std::size_t site, std::shared_ptr<UpstreamPool> pool, std::string_view renewal,
               const OutcomeTicket& ticket);
  // Goes to the origin. Ends with one of the client's EndExchange, FailExchange, BecomeTunnel or
  // Close.
  void Start();

  void OnClientRead();
  void OnClientWritten();
  // The client's content doesn't come.
  void OnClientTimeout();
  // deadline() has passed.
  void OnTimeout();

  // Lets go of the upstream: nothing is called any more.
  void Abandon() noexcept;

  // Gives back its memory, while there is no exchange.
  void Trim() noexcept {
    out_.Clear();
    out_.Release(0);
    renewal_.Clear();
    renewal_.Release(0);
  }

  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
  // True if all of the client's content was read.
  [[nodiscard]] bool request_done() const noexcept { return request_done_; }

  void OnUpstreamConnected(bool connected) override;
  void OnUpstreamRead() override;
  void OnUpstreamWritten() override;

 private:
  void Connect(bool fresh);
  void PumpRequest();
  void PumpResponse();
  [[nodiscard]] bool ReadHead();
  void BeginResponse();
  [[nodiscard]] bool MoveContent();
  void OnUpstreamEnd();
  void BeginTunnel();
  void Finish();
  void Fail(std::uint16_t status);
  void SetDeadline();
  // Tells the engine what the origin makes of the request; once.
  void NoteOutcome(bool failed) noexcept;

  EventLoop& loop_;
  ClientConnection& client_;
  std::shared_ptr<UpstreamPool> pool_;
  UpstreamConnection::Ptr upstream_;
  ByteBuffer out_;      // For the upstream.
  ByteBuffer renewal_;  // A Set-Cookie value for the client; mostly empty.
  RequestBody request_body_;
  ResponseBody response_body_;
  Instant deadline_ = Instant::max();
  OutcomeTicket ticket_;
  Instant sent_ = Instant::max();  // Max: how long it takes is the client's doing, too.

  bool retryable_ = false;  // May be sent again if the upstream said nothing.
  bool websocket_ = false;
  bool continue_owed_ = false;  // The client waits for a 100.
  bool connected_ = false;
  bool reused_ = false;  // The connection has carried requests before.
  bool request_done_ = false;
  bool request_cut_ = false;   // The upstream takes no more of the content.
  bool answered_ = false;      // The upstream has sent a byte.
  bool head_written_ = false;  // The client has, or will get, the response's head.
  bool chunked_ = false;       // The client gets the content in chunks.
  bool response_done_ = false;
  std::uint8_t interim_heads_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_ORIGIN_EXCHANGE_H_
