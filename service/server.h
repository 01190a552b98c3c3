#ifndef STILE_SERVICE_SERVER_H_
#define STILE_SERVICE_SERVER_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/counters.h"
#include "engine/engine_slot.h"
#include "service/chunked_body.h"
#include "service/config.h"
#include "service/dialect/described_request.h"
#include "service/dialect/spop_frame.h"
#include "service/grpc_status.h"
#include "service/inherited_sockets.h"
#include "service/listening_socket.h"
#include "service/proxy_protocol.h"
#include "service/redeem_desk.h"
#include "service/request_head.h"
#include "service/routing.h"
#include "service/tls_contexts.h"
#include "service/tls_failure.h"

namespace stile {

// What one event loop counts beside the worker's own counters. One writer, any number of readers.
struct LoopCounters {
  Counter connections_accepted;
  Counter connections_closed;
  Counter connections_refused;  // Over max_connections.
  Counter requests;
  std::array<Counter, kHeadReasonCount> heads_refused;                 // By HeadReason.
  std::array<Counter, kChunkedReasonCount> bodies_refused;             // By ChunkedReason.
  std::array<Counter, kProxyHeaderReasonCount> proxy_headers_refused;  // By ProxyHeaderReason.
  std::array<Counter, kDescriptionReasonCount> descriptions_refused;   // By DescriptionReason.
  std::array<Counter, kSpopStatusCount> spop_refused;                  // By SpopStatus.
  std::array<Counter, kGrpcStatusCount> grpc_calls;                    // By GrpcStatus.
  Counter tls_handshakes;
  Counter tls_resumed;                                 // Of them, by a ticket.
  std::array<Counter, kTlsFailureCount> tls_failures;  // By TlsFailure.
  Counter timeouts;
  Counter spend_timeouts;  // The store of spends took too long.
  Counter upstream_requests;
  Counter upstream_reused;                // ... of them over a pooled connection.
  Counter upstream_failures;              // Answered 502 or 504.
  Counter upgrades;                       // WebSocket connections.
  std::array<Counter, 8> check_duration;  // Decide: up to 1, 2, 5, 10, 50, 100, 1000 us, and over.
  Counter check_duration_sum_ns;
  Counter shed;            // Refused in short form.
  Counter posts_deferred;  // Solutions and the like that were told to come later.
  Counter overloads;       // Times that it became overloaded.
  std::atomic<bool> overloaded{false};
  std::atomic<bool> without_sha256{false};  // New challenges don't offer it as a fallback.
  std::atomic<bool> without_wait{false};
  std::atomic<std::uint32_t> worst_late_ms{0};  // Overload::worst.
};

// The data path of stiled: one event loop per core, each with its own listening sockets
// (SO_REUSEPORT; those that were inherited are shared out), its own worker and its own pool of
// upstream connections. Nothing is shared between loops but the engine and the redeem tables.
//
// All but VisitCounters belong to one thread.
class Server {
 public:
  // Binds every listener, or takes the sockets for its address out of `inherited`, which may be
  // null. Returns the first address that could not be bound, and why.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Server>> Create(
      const Config& config, EngineSlot& engines, LookUps look_ups = {}, const TlsContexts& tls = {},
      InheritedSockets* inherited = nullptr);
  ~Server();  // Stops.

  // Starts the loops' threads.
  void Start();

  // Whether the loops have hashwx solutions checked by a thread of its own; false, once they are
  // started, if the system gave none: then they do it themselves.
  [[nodiscard]] bool has_redeem_desk() const;
  // What it has counted. Any thread.
  [[nodiscard]] std::shared_ptr<const DeskTotals> redeems() const;

  // Has `changed` called when a loop becomes overloaded or is no longer, on the loop's thread. Call
  // it before Start.
  void OnOverload(std::function<void()> changed);
  // How many loops are overloaded. Any thread.
  [[nodiscard]] std::size_t overloaded() const;

  // Makes new requests use the limits and upstreams of `config`, and `look_ups`. Listeners stay as
  // they are: their addresses need a restart.
  void UseConfig(const Config& config, LookUps look_ups = {});
  // The same in two steps, of which the second needs no memory.
  void UseRouting(std::shared_ptr<const Routing> routing) noexcept;
  [[nodiscard]] const std::shared_ptr<const Routing>& routing() const noexcept;  // Used last.

  // Makes new TLS handshakes use `contexts`. A listener that isn't among them keeps what it has.
  void UseTls(const TlsContexts& contexts) noexcept;

  // Accepts who waits already, then nobody. Finishes the requests under way with Connection: close;
  // a connection without one gets `idle` for it. Returns when all connections are gone or `timeout`
  // is over, whichever is first: how many were cut.
  std::size_t Drain(std::chrono::milliseconds timeout, std::chrono::milliseconds idle);

  // The sockets that are listened on, each once; fixed until Drain or Stop. They may be handed to
  // another process: LeaveFiles makes it the owner of their files, and InheritFiles is called
  // there.
  [[nodiscard]] const std::vector<ListeningSocket>& sockets() const;
  void LeaveFiles();
  void InheritFiles();

  void Stop();  // At once.

  struct Health {
    std::size_t loops = 0;
    std::size_t answering = 0;  // Of those, how many have answered what they were last asked.
  };
  // Says how many loops have answered since the last call, and asks those again. A loop that stands
  // still is not asked twice.
  [[nodiscard]] Health Beat();

  // The bound addresses in the order of the configuration, with the port that was chosen.
  [[nodiscard]] std::vector<SocketAddress> addresses() const;

  // Calls `visit` with each loop's counters. Any thread.
  void VisitCounters(const std::function<void(const LoopCounters&)>& visit) const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SERVER_H_
