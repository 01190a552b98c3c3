#ifndef STILE_SERVICE_TUNNEL_H_
#define STILE_SERVICE_TUNNEL_H_

#include <array>
#include <cstddef>
#include <string_view>

#include "service/byte_buffer.h"
#include "service/connection.h"
#include "service/handler_memory.h"
#include "service/stream_socket.h"
#include "service/transport.h"

namespace stile {

class EventLoop;

// What a WebSocket is once both ends have agreed on it: bytes both ways, one read held for each.
// The end of one direction is passed on and leaves the other open; both together, an error, or
// silence for the idle time end the tunnel.
class Tunnel final : public Connection {
 public:
  // `sent_ahead` is what the client has sent behind its handshake. The client gets `response`, the
  // head that switches protocols, and `first`, what followed it.
  Tunnel(EventLoop& loop, Transport client, StreamSocket upstream, std::string_view sent_ahead,
         std::string_view response, std::string_view first);

  void Start();
  void Close() noexcept override;
  void BeginDrain() override {}  // It ends with the drain's timeout at the latest.
  void OnDeadline() override;

 private:
  // One direction.
  struct Flow {
    Flow(Transport& source, Transport& sink) : from(source), to(sink) {}

    Transport& from;
    Transport& to;
    ByteBuffer buffer;
    HandlerMemory memory;  // Of its one pending operation.
    bool done = false;
  };
  static constexpr std::size_t kRead = 16 * 1024;

  void Pump(Flow& flow);
  void Read(Flow& flow);
  void OnEnd(Flow& flow);
  void Touch();

  EventLoop& loop_;
  Transport client_;
  Transport upstream_;
  Flow up_{client_, upstream_};
  Flow down_{upstream_, client_};
  Instant deadline_{};
  bool closed_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_TUNNEL_H_
