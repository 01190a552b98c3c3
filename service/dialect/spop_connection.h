#ifndef STILE_SERVICE_DIALECT_SPOP_CONNECTION_H_
#define STILE_SERVICE_DIALECT_SPOP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "challenge/ip_address.h"
#include "engine/engine.h"
#include "service/byte_buffer.h"
#include "service/client_address.h"
#include "service/connection.h"
#include "service/dialect/spop_ack.h"
#include "service/dialect/spop_frame.h"
#include "service/dialect/spop_message.h"
#include "service/handler_memory.h"
#include "service/listener.h"
#include "service/request_head.h"
#include "service/stream_socket.h"
#include "verifier/gate.h"
#include "verifier/request.h"

namespace stile {

class EventLoop;

// One connection of HAProxy's Stream Processing Offload Engine, on which it asks about the requests
// of its clients: SPOE.txt, section 3. Version 2.0 alone, with pipelining.
//
//   HAPROXY-HELLO       AGENT-HELLO, in one write. After a health check's the connection ends
//   NOTIFY              is decided about like a question to a check listener, and answered by the
//                       ACK of its stream and frame. One that describes no request, or comes from
//                       a peer that isn't declared, is told to deny it
//   HAPROXY-DISCONNECT  AGENT-DISCONNECT, and the end
//   what breaks the     AGENT-DISCONNECT with the status that the protocol has for it, and the end:
//   protocol            whatever was asked there meets what HAProxy does without an answer
//
// A frame is read once it is there as a whole, and answered at once, so that answers come in the
// order of the questions. What HAProxy doesn't read stops it from being read. A connection keeps
// its buffers for as long as it lives: once they have their size, an answer allocates nothing.
//
// Ends, with AGENT-DISCONNECT, after limits.idle_timeout without a frame, limits.head_timeout in
// the midst of one or without a HELLO; and while the loop drains, after the next answers or at its
// idle_end.
class SpopConnection final : public Connection {
 public:
  // The largest frame that is taken. HAProxy's own limit, which holds if it is lower, is the size
  // of its buffers: usually 16 KiB.
  static constexpr std::uint32_t kMaxFrame = 64 * 1024;
  static constexpr std::uint32_t kMaxHello = 4 * 1024;  // Before a limit is agreed.

  SpopConnection(EventLoop& loop, StreamSocket socket, std::shared_ptr<const ListenerPlan> plan,
                 const std::optional<IpAddress>& peer);

  void Start();
  void Close() noexcept override;
  void BeginDrain() override;
  void OnDeadline() override;

 private:
  enum class Phase : std::uint8_t {
    kHello,   // Nothing has been agreed yet.
    kOpen,    // Frames come and are answered.
    kEnding,  // The last of what is to be said waits to be sent.
    kLinger,  // All is said; HAProxy is listened to a little, so that it can hear.
    kClosed
  };

  void Read();
  void OnRead(const SocketError& error, std::size_t size);
  void Serve();
  // Answers the frames that are there. False if more may be left, since enough waits to be sent.
  [[nodiscard]] bool TakeFrames();
  void OnFrame(const SpopFrame& frame);
  void OnHello(const SpopFrame& frame);
  void OnNotify(const SpopFrame& frame);
  // What is told of a request. Borrows from the loop's worker.
  [[nodiscard]] SpopVariables Judge(const SpopDescription& description);
  [[nodiscard]] SpopVariables Decide(const Engine& engine, Request& request,
                                     const ClientOrigin& origin);
  void End(SpopStatus status);
  void AwaitFrame();

  // True if all is written. False if the rest is on its way, or the connection is closed.
  [[nodiscard]] bool Flush();
  void OnWritten(const SocketError& error, std::size_t size);
  void Linger();
  void ArmDeadline() noexcept;

  EventLoop& loop_;
  std::shared_ptr<const ListenerPlan> plan_;
  StreamSocket socket_;
  std::optional<IpAddress> peer_;

  Phase phase_ = Phase::kHello;
  bool reading_ = false;   // A read is pending.
  bool writing_ = false;   // out_ belongs to a pending write.
  bool answered_ = false;  // Since the loop began to drain.
  bool idle_ = false;      // The read deadline is that of a connection without a frame.
  std::uint32_t max_frame_ = kMaxHello;
  std::size_t missing_ = 0;   // How many bytes the frame that is being read lacks.
  std::size_t lingered_ = 0;  // Bytes.
  Instant read_deadline_ = Instant::max();
  Instant write_deadline_ = Instant::max();

  ByteBuffer in_;
  ByteBuffer out_;
  ByteBuffer head_text_;  // Of the request that is asked about.
  RequestHead head_;
  HandlerMemory read_memory_;
  HandlerMemory write_memory_;
};

}  // namespace stile

#endif  // STILE_SERVICE_DIALECT_SPOP_CONNECTION_H_
