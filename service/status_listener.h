#ifndef STILE_SERVICE_STATUS_LISTENER_H_
#define STILE_SERVICE_STATUS_LISTENER_H_

#include <memory>

#include <absl/status/statusor.h>

#include "engine/engine_slot.h"
#include "service/config.h"
#include "service/inherited_sockets.h"
#include "service/metrics.h"
#include "service/plain_http.h"

namespace stile {

// Where operators and their tools look: read-only, on a thread of its own, never behind a
// challenge.
//
//   /metrics  the Prometheus text format
//   /livez    200 as long as the process runs
//   /readyz   200 while it takes requests; 503 before that and while it drains
//   /status   what is served, since when, and what is wrong: a page where the client accepts HTML,
//             as browsers do, else JSON
class StatusListener {
 public:
  // Binds `address`, or takes the socket for it out of `inherited`, which may be null. Returns what
  // the system said if that fails.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<StatusListener>> Create(
      const SocketAddress& address, Metrics& metrics, EngineSlot& engines,
      InheritedSockets* inherited = nullptr);

  void Start();
  void Stop();
  [[nodiscard]] PlainHttp& http() { return *http_; }
  [[nodiscard]] const SocketAddress& address() const { return http_->address(); }

 private:
  StatusListener(Metrics& metrics, EngineSlot& engines) : metrics_(metrics), engines_(engines) {}
  [[nodiscard]] PlainReply Answer(const RequestHead& head) const;

  Metrics& metrics_;
  EngineSlot& engines_;
  std::unique_ptr<PlainHttp> http_;
};

}  // namespace stile

#endif  // STILE_SERVICE_STATUS_LISTENER_H_
