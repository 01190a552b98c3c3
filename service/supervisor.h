#ifndef STILE_SERVICE_SUPERVISOR_H_
#define STILE_SERVICE_SUPERVISOR_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/engine_slot.h"
#include "service/boot.h"
#include "service/config.h"
#include "service/control_listener.h"
#include "service/demo_site.h"
#include "service/engine_loader.h"
#include "service/first_refusals.h"
#include "service/metrics.h"
#include "service/mode_overrides.h"
#include "service/notify_socket.h"
#include "service/order_desk.h"
#include "service/server.h"
#include "service/signal_watch.h"
#include "service/status_listener.h"
#include "verifier/redeemer.h"

namespace stile {

struct SupervisorOptions {
  BootOptions boot;
  bool demo = false;
  std::optional<SocketAddress> demo_listen;
  std::optional<SocketAddress> demo_metrics;
  std::string version;
};

// The life of one stiled: boots, serves, reloads on SIGHUP, renews the keys' horizon daily, drains
// on SIGTERM or SIGINT, does what operators order over the control socket, and tells the service
// manager about it. Everything but the requests happens here, in the main thread.
class Supervisor {
 public:
  Supervisor(SupervisorOptions options, SignalWatch& signals);
  ~Supervisor();

  // Serves until it is told to stop. Returns the process's exit status.
  [[nodiscard]] int Run();

 private:
  [[nodiscard]] tl::expected<Booted, Errors> BootDemo();
  [[nodiscard]] bool Start();
  [[nodiscard]] bool StartEngine();
  void StartStatus();
  void StartControl();
  void Announce();
  void Record();

  // Each returns every mistake that was found; empty: it is done.
  std::vector<std::string> Reload();
  [[nodiscard]] std::vector<std::string> TryReload();
  [[nodiscard]] std::vector<std::string> RejectReload(const LoadedConfig& loaded,
                                                      const Errors& key_errors);
  void Adopt(LoadedConfig loaded, Keys keys, std::unique_ptr<const Engine> engine, KeyRing ring);
  [[nodiscard]] std::vector<std::string> NeedsRestart(const Config& next) const;

  // Makes an engine of what is served with the keys and modes that hold now, and swaps to it.
  [[nodiscard]] Errors Rebuild();

  [[nodiscard]] PlainReply OrderMode(const ModeOrder& order);
  [[nodiscard]] PlainReply OrderReload();
  [[nodiscard]] PlainReply OrderDrain();

  [[nodiscard]] std::chrono::milliseconds Pause() const;
  void Tend();
  void Beat();
  void EndModes();
  void RenewKeys();
  [[nodiscard]] std::string StatusLine() const;
  [[nodiscard]] int Drain();
  void SetDegraded(Degradation degradation, bool degraded);

  SupervisorOptions options_;
  SignalWatch& signals_;
  std::unique_ptr<DemoSite> demo_;
  Booted booted_;                  // What is served: kept up to date by reloads.
  UnixMillis ring_made_;           // When it was last tried.
  std::unique_ptr<KeyRing> ring_;  // What the engine's keys come from.
  std::shared_ptr<RedeemTables> tables_;
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<StatusListener> status_;
  NotifySocket notify_;
  ModeOverrides modes_;
  OrderDesk desk_;
  std::unique_ptr<ControlListener> control_;
  std::unique_ptr<Server> server_;
  FirstRefusals first_refusals_;
  Config bound_;             // The configuration that the process started with.
  bool collecting_ = false;  // An older engine is still pinned.
  bool modes_due_ = false;   // An override has ended, and the engine doesn't know yet.
  bool drain_ordered_ = false;
  bool draining_ = false;
  std::chrono::steady_clock::time_point next_beat_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SUPERVISOR_H_
