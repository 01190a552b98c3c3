#ifndef STILE_SERVICE_TLS_HANDSHAKE_H_
#define STILE_SERVICE_TLS_HANDSHAKE_H_

#include <memory>
#include <string_view>

#include "service/client_address.h"
#include "service/connection.h"
#include "service/handler_memory.h"
#include "service/listener.h"
#include "service/stream_socket.h"
#include "service/tls_failure.h"
#include "service/tls_stream.h"
#include "service/transport.h"

namespace stile {

class EventLoop;

// A connection to a listener that speaks TLS, until its handshake is done. Then a ClientConnection
// takes its place. What isn't done within limits.head_timeout is closed. A client that speaks HTTP
// without TLS is told so.
class TlsHandshake final : public Connection {
 public:
  TlsHandshake(EventLoop& loop, StreamSocket socket, std::shared_ptr<const ListenerPlan> plan,
               const ConnectionPeer& peer);

  // `received` is what has been read from the socket already.
  void Start(std::string_view received = {});
  void Close() noexcept override;
  void BeginDrain() override;
  void OnDeadline() override;

 private:
  void Continue();
  void Fail(TlsFailure failure);
  // Hands the socket to a ClientConnection.
  void Become(bool established);

  EventLoop& loop_;
  Transport transport_;
  std::shared_ptr<const ListenerPlan> plan_;
  ConnectionPeer peer_;
  HandlerMemory memory_;
  bool closed_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_TLS_HANDSHAKE_H_
