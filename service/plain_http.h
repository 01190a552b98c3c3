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
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "service/config.h"
#include "service/inherited_sockets.h"
#include "service/request_head.h"

namespace stile {

// Descriptors of its own, for another process.
class PassedDescriptors {
 public:
  explicit PassedDescriptors(std::vector<int> descriptors) : descriptors_(std::move(descriptors)) {}
  PassedDescriptors(const PassedDescriptors&) = delete;
  PassedDescriptors& operator=(const PassedDescriptors&) = delete;
  ~PassedDescriptors();

  [[nodiscard]] const std::vector<int>& get() const noexcept { return descriptors_; }

 private:
  std::vector<int> descriptors_;
};

// What one request to a PlainHttp gets.
struct PlainReply {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  // Sent along over a unix socket, at most 253. Duplicates: they end with the reply.
  std::shared_ptr<const PassedDescriptors> descriptors{};
  bool close = false;    // The connection ends with it.
  std::string fields{};  // More header lines, each with its line's end.
};

// Who is at the other end, as the kernel says.
struct PlainPeer {
  std::optional<std::uint32_t> uid;  // nullopt: a TCP connection, or not known.
  int pid = 0;                       // 0: likewise, or not of this PID namespace.
  std::string address;               // Of a TCP connection, without its port.
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

  // For what takes its time: `answer` may be called later, once, by any thread, while the server
  // is there. Until then the server serves its other connections; what the handler is given lives
  // until it returns.
  using LateAnswer = std::function<void(PlainReply)>;
  using LateHandler = std::function<void(const RequestHead& head, std::string_view body,
                                         const PlainPeer& peer, LateAnswer answer)>;

  struct Limits {
    std::size_t connections = 64;               // One more is closed at once.
    std::size_t body = 64 * 1024;               // Bytes of a request's content.
    std::chrono::milliseconds timeout{10'000};  // For a request, its answer and the pause.
    // For the request alone, from the connection or the answer before on; nullopt: as `timeout`.
    std::optional<std::chrono::milliseconds> request_timeout{};
    std::optional<std::uint32_t> socket_mode{};  // Of a unix socket's file; by umask without one.
  };

  // Binds `address`; the file of a dead process's unix socket is replaced. Returns what the system
  // said if that fails.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> Create(
      const SocketAddress& address, const Limits& limits, Handler handler);
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> Create(
      const SocketAddress& address, const Limits& limits, PeerHandler handler);
  // The same on the socket for `address` in `inherited`, which may be null, if there is one.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> Create(
      const SocketAddress& address, InheritedSockets* inherited, const Limits& limits,
      PeerHandler handler);
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PlainHttp>> CreateLate(
      const SocketAddress& address, InheritedSockets* inherited, const Limits& limits,
      LateHandler handler);
  ~PlainHttp();  // Stops.

  void Start();  // Begins to accept.
  void Stop();   // Closes every connection and joins the thread.

  // Leaves its socket, and the socket's file, to another process that has a duplicate: accepts
  // nobody more, and closes each connection behind its next answer. Once, after Start; any thread.
  void Leave();
  // Whoever handed the socket over has left its file.
  void InheritFile();

  // The socket that is listened on, until Leave or Stop. Not the http thread.
  [[nodiscard]] int descriptor();
  [[nodiscard]] bool owns_file() const;

  // As bound, with the port that was chosen.
  [[nodiscard]] const SocketAddress& address() const;

 private:
  struct State;
  explicit PlainHttp(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_PLAIN_HTTP_H_
