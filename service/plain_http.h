#ifndef STILE_SERVICE_PLAIN_HTTP_H_
#define STILE_SERVICE_PLAIN_HTTP_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "service/config.h"
#include "service/request_head.h"

namespace stile {

// What one request to a PlainHttp gets.
struct PlainReply {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string fields{};  // More header lines, each with its line's end.
};

// Who is at the other end of a unix socket, as the kernel says.
struct PlainPeer {
  std::optional<std::uint32_t> uid;  // nullopt: a TCP connection, or not known.
};

// A small HTTP/1.1 server with a thread of its own, for what must answer while everything else is
// busy, and for the demo's origin. It holds few connections, reads small requests, buffers whole
// answers, and gives each connection a time limit. Not for the open network.
class PlainHttp {
 public:
  // Answers one request. Called on the server's thread; what it is given lives until it returns.
  using Handler = std::function<PlainReply(const RequestHead& head, std::string_view body)>;

  // The same, told who asks.
  using PeerHandler =
      std::function<PlainReply(const RequestHead& head, std::string_view body, PlainPeer peer)>;

  struct Limits {
    std::size_t connections = 64;                // One more is closed at once.
    std::size_t body = 64 * 1024;                // Bytes of a request's content.
    std::chrono::milliseconds timeout{10'000};   // For a request, its answer and the pause.
    std::optional<std::uint32_t> socket_mode{};  // Of a unix socket's file; by umask without one.
  };

  // Binds `address`; the file of a dead process's unix socket is replaced. Returns what the system
  // said if that fails.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> Create(
      const SocketAddress& address, const Limits& limits, Handler handler);
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> Create(
      const SocketAddress& address, const Limits& limits, PeerHandler handler);
  ~PlainHttp();  // Stops.

  void Start();  // Begins to accept.
  void Stop();   // Closes every connection and joins the thread.

  // As bound, with the port that was chosen.
  [[nodiscard]] const SocketAddress& address() const;

 private:
  struct State;
  explicit PlainHttp(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_PLAIN_HTTP_H_
