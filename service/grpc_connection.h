#ifndef STILE_SERVICE_GRPC_CONNECTION_H_
#define STILE_SERVICE_GRPC_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>

#include "service/byte_buffer.h"
#include "service/check_service.h"
#include "service/connection.h"
#include "service/grpc_session.h"
#include "service/handler_memory.h"
#include "service/listener.h"
#include "service/transport.h"

namespace stile {

class EventLoop;

// A proxy's connection to an ext-authz listener on which it speaks gRPC: moves the bytes of a
// GrpcSession. While the proxy doesn't take what it is sent, nothing more of it is read.
//
// Ends without a call lost: where it was idle for limits.idle_timeout, or the loop drains, the
// proxy is told to make no more calls here, has a moment for those that are on their way, and what
// is under way is answered. A message that doesn't come whole within limits.head_timeout ends it,
// and so does a proxy that takes nothing for limits.body_timeout. A stranger is idle for
// limits.head_timeout at most.
class GrpcConnection final : public Connection {
 public:
  GrpcConnection(EventLoop& loop, Transport socket, std::shared_ptr<const ListenerPlan> plan,
                 const ConnectionPeer& peer);

  // `received` is what has been read from the socket already, with the whole preface in it.
  void Start(std::string_view received);
  void Close() noexcept override;
  void BeginDrain() override;
  void OnDeadline() override;

 private:
  enum class Phase : std::uint8_t {
    kOpen,
    kAnnounced,  // Told to make no more calls.
    kFinished,   // Told which call is the last.
    kLinger,     // All is said; the peer is listened to a little, so that it can hear.
    kClosed
  };
  // As ClientConnection::Turn.
  class Turn {
   public:
    explicit Turn(GrpcConnection& connection) noexcept : connection_(&connection) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (std::uncaught_exceptions() != 0) {
        connection_->Close();
      } else {
        connection_->ArmDeadline();
      }
    }

   private:
    boost::intrusive_ptr<GrpcConnection> connection_;
  };

  void Read();
  void OnRead(const SocketError& error, std::size_t size);
  void Take(std::string_view bytes);
  void SetReadDeadline();
  void Announce(Instant until);
  void Finish();
  void Pump();
  void OnWritten(const SocketError& error, std::size_t size);
  void Linger();
  void ArmDeadline() noexcept;

  EventLoop& loop_;
  std::shared_ptr<const ListenerPlan> plan_;
  Transport socket_;
  ConnectionPeer peer_;
  CheckService service_;
  GrpcSession session_;

  Phase phase_ = Phase::kOpen;
  bool reading_ = false;
  bool writing_ = false;
  bool failed_ = false;         // Nothing that comes makes sense any more.
  bool incomplete_ = false;     // The read deadline is that of a message.
  std::uint64_t answered_ = 0;  // Calls, when it was set.
  std::size_t lingered_ = 0;    // Bytes.
  Instant read_deadline_ = Instant::max();
  Instant write_deadline_ = Instant::max();

  ByteBuffer in_;
  ByteBuffer out_;
  HandlerMemory read_memory_;
  HandlerMemory write_memory_;
};

}  // namespace stile

#endif  // STILE_SERVICE_GRPC_CONNECTION_H_
