#ifndef STILE_SERVICE_CONTROL_LISTENER_H_
#define STILE_SERVICE_CONTROL_LISTENER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <tl/expected.hpp>

#include "engine/engine_slot.h"
#include "service/inherited_sockets.h"
#include "service/metrics.h"
#include "service/order_desk.h"
#include "service/plain_http.h"
#include "service/revocation_order.h"
#include "verifier/gate.h"

namespace stile {

// "mode enforce|shadow|open|attack|configured" for one site or all of them.
struct ModeOrder {
  static constexpr std::chrono::seconds kLongest{30 * 86'400};

  std::optional<GateMode> mode;                // nullopt: back to the configured one.
  std::string site;                            // Empty: all.
  std::optional<std::chrono::seconds> period;  // nullopt: until it is taken back.
  std::string by;                              // Who: "uid 0".

  // Reads a form such as "mode=open&site=main&for=10m". Returns a sentence that says what to change
  // for an unknown, missing or repeated field, a mode or duration that isn't one, a period for
  // `configured`, and for `rule`, which this version doesn't switch.
  [[nodiscard]] static tl::expected<ModeOrder, std::string> Parse(std::string_view form);
};

// What the main thread does for an operator. Each returns what to answer.
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

// Where operators change what runs: a unix socket of mode 0600 with a thread of its own, so that it
// answers while event loops stand still, drain or are busy, and whatever the files say. Never
// behind a challenge.
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
      const std::string& path, const Metrics& metrics, EngineSlot& engines, OrderDesk& desk,
      ControlOrders orders, InheritedSockets* inherited = nullptr);

  void Start();
  void Stop();  // Removes the socket.
  [[nodiscard]] PlainHttp& http() { return *http_; }

 private:
  ControlListener(const Metrics& metrics, EngineSlot& engines, OrderDesk& desk,
                  ControlOrders orders);
  [[nodiscard]] PlainReply Answer(const RequestHead& head, std::string_view body, PlainPeer peer);
  [[nodiscard]] PlainReply AnswerSuccession(const RequestHead& head, std::string_view body,
                                            PlainPeer peer);
  [[nodiscard]] PlainReply Order(OrderDesk::Order order);

  const Metrics& metrics_;
  EngineSlot& engines_;
  OrderDesk& desk_;
  ControlOrders orders_;
  std::unique_ptr<PlainHttp> http_;
};

}  // namespace stile

#endif  // STILE_SERVICE_CONTROL_LISTENER_H_
