#ifndef STILE_SERVICE_PROXY_INTRODUCTION_H_
#define STILE_SERVICE_PROXY_INTRODUCTION_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "challenge/ip_address.h"
#include "service/byte_buffer.h"
#include "service/connection.h"
#include "service/handler_memory.h"
#include "service/listener.h"
#include "service/proxy_protocol.h"
#include "service/stream_socket.h"

namespace stile {

class EventLoop;

// A connection to a listener that requires the PROXY protocol, until its header has been read. Then
// a ClientConnection of the client that the header names takes its place, or its TlsHandshake.
// Where there is no header, none from a declared peer, or not within limits.head_timeout, it is
// closed without a word: who speaks out of turn here may not even speak HTTP.
class ProxyIntroduction final : public Connection {
 public:
  ProxyIntroduction(EventLoop& loop, StreamSocket socket, std::shared_ptr<const ListenerPlan> plan,
                    const std::optional<IpAddress>& peer);

  void Start();
  void Close() noexcept override;
  void BeginDrain() override;
  void OnDeadline() override;

 private:
  void Read();
  void OnRead(const SocketError& error, std::size_t size);
  void Refuse(ProxyHeaderReason reason);
  void Introduce(const ProxyHeader& header);

  EventLoop& loop_;
  StreamSocket socket_;
  std::shared_ptr<const ListenerPlan> plan_;
  std::optional<IpAddress> peer_;
  ByteBuffer in_;
  HandlerMemory memory_;
  bool closed_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_PROXY_INTRODUCTION_H_
