#ifndef STILE_SERVICE_SUPERVISOR_H_
#define STILE_SERVICE_SUPERVISOR_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/engine_slot.h"
#include "service/boot.h"
#include "service/config.h"
#include "service/demo_site.h"
#include "service/engine_loader.h"
#include "service/first_refusals.h"
#include "service/metrics.h"
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
// on SIGTERM or SIGINT. Everything but the requests happens here, in the main thread.
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
  void Announce();
  void Record();

  void Reload();
  void RejectReload(const LoadedConfig& loaded, const Errors& key_errors);
  void Adopt(LoadedConfig loaded, Keys keys, std::unique_ptr<const Engine> engine,
             const KeyRing& ring);
  [[nodiscard]] std::vector<std::string> NeedsRestart(const Config& next) const;

  void Tend();
  void RenewKeys();
  [[nodiscard]] int Drain();
  void SetDegraded(Degradation degradation, bool degraded);

  SupervisorOptions options_;
  SignalWatch& signals_;
  std::unique_ptr<DemoSite> demo_;
  Booted booted_;  // What is served: kept up to date by reloads.
  UnixMillis ring_made_;
  std::shared_ptr<RedeemTables> tables_;
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<StatusListener> status_;
  std::unique_ptr<Server> server_;
  FirstRefusals first_refusals_;
  Config bound_;             // The configuration that the process started with.
  bool collecting_ = false;  // An older engine is still pinned.
};

}  // namespace stile

#endif  // STILE_SERVICE_SUPERVISOR_H_
