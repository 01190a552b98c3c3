#ifndef STILE_SERVICE_SWITCHBOARD_H_
#define STILE_SERVICE_SWITCHBOARD_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "service/boot_clock.h"
#include "service/metrics.h"
#include "service/mode_file.h"
#include "service/mode_order.h"
#include "service/mode_overrides.h"
#include "service/mode_record.h"
#include "service/plain_http.h"
#include "service/signal_watch.h"

namespace stile {

// Where every order about modes arrives, from the control socket, the mode file or a signal, and
// takes effect: with the next request, by turning switches of the engine that serves. Nothing is
// read, compiled or built for it, and the main thread may be anywhere meanwhile, in a reload that
// hangs, say.
//
// Two threads of its own. One waits for SIGUSR1 and SIGUSR2, ends what has a time limit, and never
// touches a file. The other looks at the mode file several times a second, and keeps the orders in
// the state directory; a disk that hangs holds up no more than that.
class Switchboard {
 public:
  struct Options {
    std::string mode_file;                  // Empty: none is looked at.
    std::string state_directory;            // Empty: orders end with the process.
    std::function<void()> changed = [] {};  // Called after each change, by any thread.
  };
  // What SIGUSR1 opens everything for, so that nobody forgets it.
  static constexpr std::chrono::minutes kSignalPeriod{15};

  // `signals` are SIGUSR1 and SIGUSR2; null: none are heard.
  Switchboard(Options options, EngineSlot& engines, Metrics& metrics, SignalWatch* signals);
  ~Switchboard();
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;

  // Takes up the orders that were kept and what the mode file says. Before the first request.
  void Restore();
  void Start();
  void Stop();  // Keeps what was not kept yet.

  // Carries out an operator's order and returns what to answer: 400 for a site or rule that there
  // is not and for what would change nothing, 409 while draining, 422 if there are too many. Any
  // thread.
  [[nodiscard]] PlainReply Order(const ModeOrder& order);

  // Publishes `next` with its switches turned as orders have it. Returns its generation.
  std::uint64_t Publish(std::unique_ptr<const Engine> next);
  // The same for a trial, which orders reach as well: EngineSlot::Try and PublishTrial.
  void Try(std::unique_ptr<const Engine> trial, const EngineSlot::CohortRule& rule);
  std::uint64_t PublishTrial();

 private:
  // --- With the mutex ---
  void Turn(const Engine& engine, std::vector<SiteMode>* sites,
            std::vector<SwitchedRule>* rules) const;
  void Apply();  // To the engine that serves, and tells the metrics.
  void TellPublished() noexcept;
  void Changed();
  [[nodiscard]] std::string WhyWaiting(const Engine& engine, const ModeOverride& order) const;
  // Adds an order, which takes effect with Changed. `until`: as it says itself, if it does.
  [[nodiscard]] bool Put(const ModeOrder& order, std::optional<UnixMillis> until);
  void EndOrders();
  void TakeFile(const ModeFileLook& look);
  void TakeFileOrders(const ModeFileLook& look, const std::vector<ModeFileOrder>& orders);
  void RefuseFile(const std::string& why);
  [[nodiscard]] std::string OrdersJson() const;
  [[nodiscard]] ModeRecord RecordNow() const;

  // --- Threads ---
  void ServeSignals();
  void TakeSignal(const SignalWatch::Caught& signal);
  void ServeFiles();
  void LookAtFile();
  void Keep();

  Options options_;
  EngineSlot& engines_;
  Metrics& metrics_;
  SignalWatch* signals_;
  std::string boot_id_ = BootId();

  std::mutex mutex_;  // Of everything below but the threads and last_look_.
  ModeOverrides orders_;
  std::vector<SiteMode> sites_;  // As last applied.
  std::uint64_t applied_generation_ = 0;
  std::optional<TakenModeFile> taken_;
  std::string file_trouble_;  // Logged already.
  std::uint64_t changes_ = 0;
  std::uint64_t kept_changes_ = 0;   // Of those, how many the record has, or was tried for.
  std::string keep_trouble_;         // Why the last try failed; empty: it didn't.
  bool record_was_damaged_ = false;  // And none has been written since.
  BootClock::time_point next_keep_;
  bool stopped_ = false;
  std::condition_variable stir_;  // The file thread has something to keep, or is to stop.
  std::condition_variable kept_;

  std::optional<ModeFileLook> last_look_;     // The file thread's, and
  std::optional<ModeFileLook> settled_look_;  // what it has taken.
  std::thread signal_thread_;
  std::thread file_thread_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SWITCHBOARD_H_
