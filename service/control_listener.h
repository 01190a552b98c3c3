#ifndef STILE_SERVICE_CONTROL_LISTENER_H_
#define STILE_SERVICE_CONTROL_LISTENER_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/status/statusor.h>
#include <tl/expected.hpp>

#include "engine/engine_slot.h"
#include "service/config.h"
#include "service/control_token.h"
#include "service/inherited_sockets.h"
#include "service/metrics.h"
#include "service/mode_order.h"
#include "service/order_desk.h"
#include "service/plain_http.h"
#include "service/revocation_order.h"

namespace stile {

// What is done for an operator. Each returns what to answer. `mode` takes effect on the thread that
// calls it, whatever the main thread is at; the main thread does the rest.
struct ControlOrders {
  std::function<PlainReply(const ModeOrder&)> mode;
  std::function<PlainReply(bool force)> reload;
  std::function<PlainReply()> drain;
  std::function<PlainReply(const RevocationOrder&)> revoke;
  std::function<PlainReply()> revocations;
  // For a stiled that takes over: sockets from that number on, and the last word.
  std::function<PlainReply(const PlainPeer&, std::size_t from)> take_over;
  std::function<PlainReply(const PlainPeer&)> succeed;
};

// {"error": ...} with one line per mistake in {"errors": [...]}.
[[nodiscard]] PlainReply ErrorReply(std::uint16_t status, const std::vector<std::string>& errors);

// Where operators reach a ControlListener.
struct ControlDoor {
  SocketAddress address;
  // What a request must show that comes over TCP; null: a unix socket, which is its owner's alone.
  std::shared_ptr<const ControlToken> token;
};

// Where operators change what runs: a unix socket of mode 0600, or TCP for whoever has the token,
// with threads of its own, so that it answers while event loops stand still, drain or are busy, and
// whatever the files say. Never behind a challenge. What needs the main thread is waited for beside
// the listener's own thread: a reload that hangs keeps nobody from a mode or the status.
//
// Over TCP a request is refused before anything is read of it unless its Host is an address or
// "localhost", so that no name leads a browser here, it has no Origin, and it shows the token: 403,
// 403, 401. Refusals are counted, answered in a few bytes, and end the connection.
//
//   GET /status   as on the metrics listener
//   POST /mode    a ModeOrder as a form; takes effect at once
//   POST /reload  as SIGHUP; 200, or 422 with every mistake. With the form "force=true" lists of
//                 agents are taken that CheckLists would refuse: those that shrank
//   POST /drain   as SIGTERM; answers when it has begun
//   POST /revoke  a RevocationOrder as a form; takes effect at once
//   GET /revocations  what is revoked, by whom and until when
//   POST /take-over, /succeed  of another stiled of the same user: see Predecessor
//
// Answers are JSON. 400: the request is wrong; 409: it can't be done now, since it drains; 503: the
// main thread took too long.
class ControlListener {
 public:
  // Makes the socket, or takes it out of `inherited`, which may be null. Returns what the system
  // said if that fails: most likely its folder is missing, or another stiled listens there.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ControlListener>> Create(
      ControlDoor door, Metrics& metrics, EngineSlot& engines, OrderDesk& desk,
      ControlOrders orders, InheritedSockets* inherited = nullptr);
  ~ControlListener();

  void Start();
  // Removes the socket. What waits for the main thread is waited for: close the desk first.
  void Stop();

  [[nodiscard]] PlainHttp& http() { return *http_; }
  // As bound, with the port that was chosen.
  [[nodiscard]] const SocketAddress& address() const { return http_->address(); }

 private:
  using Work = std::function<void()>;

  ControlListener(std::shared_ptr<const ControlToken> token, Metrics& metrics, EngineSlot& engines,
                  OrderDesk& desk, ControlOrders orders);
  void Answer(const RequestHead& head, std::string_view body, const PlainPeer& peer,
              const PlainHttp::LateAnswer& answer);
  // The refusal of a request over TCP; nullopt: it may go on.
  [[nodiscard]] std::optional<PlainReply> Refusal(const RequestHead& head) const;
  [[nodiscard]] PlainReply OrderMode(std::string_view body, std::string by) const;
  // What the main thread is to do, if the request is right; its refusal otherwise.
  [[nodiscard]] tl::expected<OrderDesk::Order, PlainReply> Reading(const RequestHead& head,
                                                                   std::string_view body,
                                                                   const PlainPeer& peer) const;
  [[nodiscard]] tl::expected<OrderDesk::Order, PlainReply> ReadingSuccession(
      std::string_view path, std::string_view body, const PlainPeer& peer) const;
  void Wait();  // For the main thread, one order after the other: the second thread.

  std::shared_ptr<const ControlToken> token_;
  Metrics& metrics_;
  EngineSlot& engines_;
  OrderDesk& desk_;
  ControlOrders orders_;
  std::unique_ptr<PlainHttp> http_;
  std::mutex mutex_;  // Of the next three.
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopped_ = false;
  std::thread waiter_;
};

}  // namespace stile

#endif  // STILE_SERVICE_CONTROL_LISTENER_H_
