#ifndef STILE_SERVICE_LISTENER_H_
#define STILE_SERVICE_LISTENER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "service/client_address.h"
#include "service/config.h"
#include "service/reactor.h"
#include "service/timer_wheel.h"
#include "service/tls_context.h"

namespace stile {

class EventLoop;

// What a listener does with its connections.
struct ListenerPlan {
  ListenerMode mode = ListenerMode::kGateway;
  ClientAddressRule client_address;
  std::string site;               // Empty: by Host.
  std::string fingerprint_field;  // In lower case; empty: none.
  std::shared_ptr<TlsSlot> tls;   // Null: it doesn't speak TLS.

  [[nodiscard]] static std::shared_ptr<const ListenerPlan> Of(const ListenerConfig& config) {
    return std::make_shared<const ListenerPlan>(
        ListenerPlan{config.mode,
                     {config.client_address, config.trusted_peers, config.trust_unix},
                     config.site,
                     config.tls_fingerprint_field,
                     config.tls.empty() ? nullptr : std::make_shared<TlsSlot>()});
  }
};

// One listening socket of one event loop. When the process runs out of descriptors or memory it
// waits a moment and goes on; the kernel keeps the clients meanwhile.
class Listener final : public Reactor::Watcher, public TimerWheel::Node {
 public:
  // Takes over `descriptor`, a listening socket in non-blocking mode.
  Listener(Reactor& reactor, EventLoop& loop, int descriptor,
           std::shared_ptr<const ListenerPlan> plan);
  ~Listener() override { Close(); }

  void Start() { Listen(); }
  void Close();
  // Closes, once all who wait in the kernel's queue are accepted: with it they would be reset.
  void CloseAfterLast();

  void OnReady(std::uint32_t events) noexcept override;
  void OnDeadline() override { Listen(); }  // It has waited long enough.

 private:
  void Listen() noexcept;
  void BackOff() noexcept;
  // Accepts a client, who may have waited for that. Returns 0, or what the system said.
  [[nodiscard]] int AcceptOne(bool has_waited) noexcept;
  // How long a connection that was just taken has waited for that.
  [[nodiscard]] std::chrono::milliseconds WaitOf(int client) const noexcept;

  Reactor& reactor_;
  EventLoop& loop_;
  std::shared_ptr<const ListenerPlan> plan_;
  int descriptor_;
  bool has_more_ = false;  // The last time it was ready, more waited than were taken.
  Instant has_more_since_{};
};

}  // namespace stile

#endif  // STILE_SERVICE_LISTENER_H_
