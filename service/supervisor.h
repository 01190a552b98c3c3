#ifndef STILE_SERVICE_SUPERVISOR_H_
#define STILE_SERVICE_SUPERVISOR_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

#include "challenge/error.h"
#include "challenge/unix_millis.h"
#include "engine/admission/trial.h"
#include "engine/config/engine_build.h"
#include "engine/config/key_rings.h"
#include "engine/engine_slot.h"
#include "service/admission_state.h"
#include "service/boot.h"
#include "service/clock_guard.h"
#include "service/config.h"
#include "service/control_listener.h"
#include "service/demo_site.h"
#include "service/engine_loader.h"
#include "service/first_refusals.h"
#include "service/geo_database.h"
#include "service/inherited_sockets.h"
#include "service/keys.h"
#include "service/metrics.h"
#include "service/name_questions.h"
#include "service/notify_socket.h"
#include "service/order_desk.h"
#include "service/predecessor.h"
#include "service/probation.h"
#include "service/redis_budgets.h"
#include "service/redis_spends.h"
#include "service/reverse_dns.h"
#include "service/revocation_list.h"
#include "service/revocation_order.h"
#include "service/routing.h"
#include "service/run_record.h"
#include "service/server.h"
#include "service/signal_watch.h"
#include "service/spend_desk.h"
#include "service/status_listener.h"
#include "service/successor.h"
#include "service/switchboard.h"
#include "verifier/agents/reverse_names.h"
#include "verifier/local_spends.h"
#include "verifier/redeemer.h"
#include "verifier/tables/tables.h"

namespace stile {

struct SupervisorOptions {
  BootOptions boot;
  bool demo = false;
  std::optional<SocketAddress> demo_listen;
  std::optional<SocketAddress> demo_metrics;
  std::string version;
  bool take_over = false;      // From the stiled that runs ...
  std::string take_over_from;  // ... whose control socket this is; empty: as configured.
};

// The life of one stiled: boots, serves, reloads on SIGHUP, renews the keys' horizon daily, drains
// on SIGTERM or SIGINT, does what operators order over the control socket, and tells the service
// manager about it. Everything but the requests happens here, in the main thread.
class Supervisor {
 public:
  // `switch_signals` are SIGUSR1 and SIGUSR2, which a thread of their own serves.
  Supervisor(SupervisorOptions options, SignalWatch& signals, SignalWatch& switch_signals);
  ~Supervisor();

  // Serves until it is told to stop. Returns the process's exit status.
  [[nodiscard]] int Run();

 private:
  // What a reload has read, to take the place of what is served.
  struct Candidate {
    LoadedConfig loaded;
    Keys keys;
    GeoDatabases geo;
    LoadedTls tls;
    std::unique_ptr<KeyRings> rings;
    std::unique_ptr<const Engine> engine;
  };
  // What it found wrong besides the configuration and its policies.
  struct ReloadErrors {
    Errors keys;
    Errors geo;
    Errors lists;
    Errors emptied;
    Errors tls;
  };

  [[nodiscard]] tl::expected<Booted, Errors> BootDemo();
  [[nodiscard]] bool Start();
  [[nodiscard]] bool StartEngine();
  void StartStatus();
  void WarnOfFiles() const;
  void StartSwitches();
  void StartControl();
  [[nodiscard]] std::unique_ptr<ControlListener> OpenControl(ControlDoor door);
  void Announce();

  // Judges `next`. Returns every mistake if it is refused; nullopt if it may serve.
  [[nodiscard]] std::optional<std::vector<std::string>> RefusalOf(const Candidate& next,
                                                                  bool force);
  std::vector<std::string> RejectCandidate(RejectReason reason, std::vector<std::string> errors);
  void Record();
  void TendProbation();
  void TendAdmission();
  void LookAtClock();
  void BelieveClock();
  [[nodiscard]] bool AdoptClock(const ClockReading& reading);
  void TellOfClock(std::string_view event, LogLevel level, const ClockReading& reading,
                   std::string_view message);
  void TellAdmission();
  void BeginRun();
  void AdoptInRun(const std::string& digest);
  void EndRun();
  void WriteRunRecord();

  // What is under way with a candidate that serves some clients first.
  struct OnTrial {
    Candidate next;        // Without its engine, which the slot has.
    UnixMillis ring_made;  // When its keys were read.
    RunRecord before;      // The record of this run without it.
  };
  [[nodiscard]] bool NeedsTrial(const Candidate& next, bool force) const;
  void BeginTrial(Candidate next, UnixMillis ring_made);
  void TendTrial();
  void PassTrial();
  void RollBack(const CohortComparison& comparison);
  // Ends a trial for a reason of ours, if there is one. The record of this run stays.
  void DropTrial(std::string_view by);
  // The doors serve as what serves says again.
  void ResetDoors();

  // Each returns every mistake that was found; empty: it is done.
  // `force`: whatever CheckLists says.
  std::vector<std::string> Reload(bool force = false);
  [[nodiscard]] std::vector<std::string> TryReload(bool force);
  [[nodiscard]] std::vector<std::string> RejectReload(const Candidate& next,
                                                      const ReloadErrors& errors);
  // Throws before anything has changed but that a trial has ended, or not at all.
  void Adopt(Candidate next);
  // What is to be done about an engine that serves by now. Tried again where there is no memory.
  void TendAdopted();
  [[nodiscard]] std::vector<std::string> NeedsRestart(const Config& next) const;

  // Makes what reverse DNS needs if `config` asks for it. Returns what the system said.
  [[nodiscard]] absl::Status PrepareNames(const Config& config);
  // Asks as `config` says, or not at all.
  void StartNames(const Config& config);
  // What the engine gets to see of it.
  [[nodiscard]] std::shared_ptr<const ReverseNames> NamesFor(const Config& config) const;
  [[nodiscard]] LookUps LookUpsFor(const Config& config) const;
  // Makes the store of spends if a site of `config` needs one and there is none.
  [[nodiscard]] tl::expected<void, Error> PrepareSpends(const Config& config);
  [[nodiscard]] tl::expected<void, Error> PrepareFleet(const Config& config,
                                                       std::shared_ptr<LocalSpends> local);
  // Merges budgets with other nodes, if the process started with such a configuration.
  [[nodiscard]] tl::expected<void, Error> PrepareMerge();
  // Opens the tables that the configuration names, or makes some of this process alone: loudly, or,
  // under --strict-boot, not at all. Puts what was revoked into them.
  [[nodiscard]] tl::expected<void, Error> OpenTables(UnixMillis now);
  // Says so if other processes count somewhere else by now.
  void LookAtTables();
  // Says so when something found no memory, and when nothing has for a while.
  void LookAtMemory();
  // What engines share that serve one after the other.
  // Has the effort control see how many solutions wait, before anybody asks it.
  void WatchRedeems();
  [[nodiscard]] EngineMemory MemoryFor(const Config& config) const;
  // Where the engine's tokens get their numbers from.
  [[nodiscard]] std::shared_ptr<SpendNumbers> Numbers() const;

  // Makes an engine of what is served with the keys that hold now, and swaps to it.
  [[nodiscard]] Errors Rebuild();

  [[nodiscard]] PlainReply OrderReload(bool force);
  [[nodiscard]] PlainReply OrderDrain();
  [[nodiscard]] PlainReply OrderRevocation(const RevocationOrder& order);
  [[nodiscard]] PlainReply ListRevocations();

  // Succession. The new process's part: has the sockets of the one that runs handed over; false if
  // that is refused.
  [[nodiscard]] bool ReachPredecessor();
  // Has it leave, with everything here ready and served; false if it stays.
  [[nodiscard]] bool Succeed();
  void WarnOfUnusedSockets();
  // The old process's part.
  [[nodiscard]] PlainReply OrderTakeOver(const PlainPeer& peer, std::size_t from);
  [[nodiscard]] PlainReply OrderSucceed(const PlainPeer& peer);
  void LeaveToSuccessor();

  [[nodiscard]] std::chrono::milliseconds Pause() const;
  void Tend();
  void Beat();
  void RenewKeys();
  [[nodiscard]] std::string StatusLine() const;
  [[nodiscard]] int Drain();
  void SetDegraded(Degradation degradation, bool degraded);

  SupervisorOptions options_;
  ClockGuard clock_{ReadClocks()};
  bool budgets_cross_leap_ = false;  // Some of what was just charged may be of another time.
  SignalWatch& signals_;
  SignalWatch& switch_signals_;
  std::unique_ptr<DemoSite> demo_;
  Booted booted_;                        // What is served: kept up to date by reloads.
  UnixMillis ring_made_;                 // When it was last tried.
  std::unique_ptr<KeyRings> ring_;       // What the engine's keys come from.
  std::shared_ptr<ReverseNames> names_;  // Made when reverse DNS is first asked for; then kept.
  std::shared_ptr<NameQuestions> questions_;
  std::unique_ptr<ReverseDns> reverse_dns_;
  std::shared_ptr<RedeemTables> tables_;
  std::shared_ptr<Tables> counted_;
  std::shared_ptr<EffortTable> effort_;  // Of counted_.
  RevocationList revocations_{""};
  // One of them is made when a site first sells tokens, and then kept: the second with
  // spend.backend = "redis".
  std::shared_ptr<LocalSpends> spends_;
  std::shared_ptr<RedisSpends> redis_spends_;
  std::shared_ptr<SpendDesk> spend_desk_;
  std::shared_ptr<RedisBudgets> redis_budgets_;  // With budgets.merge = "redis".
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<StatusListener> status_;
  NotifySocket notify_;
  std::unique_ptr<Switchboard> switches_;
  std::atomic<bool> modes_changed_{false};  // And the service manager isn't told yet.
  OrderDesk desk_;
  std::unique_ptr<ControlListener> control_;
  std::unique_ptr<ControlListener> tcp_control_;
  std::unique_ptr<Server> server_;
  InheritedSockets inherited_;
  std::optional<Predecessor> predecessor_;  // Until it has left.
  std::optional<Successor> successor_;      // Who was handed sockets last.
  bool succeeded_ = false;                  // It has taken over.
  FirstRefusals first_refusals_;
  Probation probation_;
  AdmissionState admission_;
  Trial trial_;
  std::unique_ptr<OnTrial> tried_;  // During a trial.
  std::string rolled_back_;         // The digest of the last candidate that was; empty: none.
  RunRecord run_;
  bool run_is_written_ = true;  // As far as it could be.
  Config bound_;                // The configuration that the process started with.
  bool collecting_ = false;     // An older engine is still pinned.
  bool drain_ordered_ = false;
  bool draining_ = false;
  bool adopted_ = false;               // And TendAdopted is due.
  bool ready_owed_ = false;            // The service manager waits for the end of a reload.
  std::uint64_t memory_refusals_ = 0;  // When that was last looked at.
  std::chrono::steady_clock::time_point memory_short_until_{};
  std::atomic<bool> is_memory_short_{false};
  std::function<void()> on_memory_refusal_;
  std::chrono::steady_clock::time_point next_beat_;
  std::chrono::steady_clock::time_point next_table_look_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SUPERVISOR_H_
