#ifndef STILE_ENGINE_ENGINE_SLOT_H_
#define STILE_ENGINE_ENGINE_SLOT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/admission/cohort.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "verifier/request.h"

namespace stile {

// Where the current engine is published. Requests pick it up with one load; whoever reloads swaps
// it and frees what no worker uses any more. A request never frees anything.
//
// Why no engine is freed under a request. A worker that meets a new engine first announces it
// (stores it to `pinned_`) and then looks again whether it is still the current one; only then does
// it touch it. A reloader first makes another engine current and then reads what every worker has
// announced. All four are sequentially consistent, so they have one order that every thread agrees
// on. If the worker's second look still finds engine E, that look precedes the swap away from E,
// so the announcement does too, and so the reloader, who reads after its swap, finds E announced
// and keeps it. If the reloader read before the announcement, the swap lies before the second look,
// which then finds another engine, and the worker starts over without having touched E. An engine
// is freed once a worker announces another one; that store releases, and the reloader's read
// acquires, whatever the worker did with the old engine. An address that a later engine shares with
// a freed one does no harm: nothing is concluded from an address but that it is current now.
//
// A trial is a second engine beside the current one, which serves some of the clients. It is
// announced and freed in the same way, with `trial_` in the place of `current_`.
class EngineSlot {
 public:
  // Who meets an engine on trial: the clients whose clearance's id falls into `share` of all,
  // by `seed`. The same seed picks the same clients.
  struct CohortRule {
    double share = 0;  // 0 to 1.
    std::uint64_t seed = 0;
  };

  explicit EngineSlot(std::unique_ptr<const Engine> first);
  ~EngineSlot();  // Every worker is gone by then.
  EngineSlot(const EngineSlot&) = delete;
  EngineSlot& operator=(const EngineSlot&) = delete;

  // Makes a thread's handle. Locks and allocates.
  [[nodiscard]] std::unique_ptr<Worker> NewWorker();

  // The engine for a new request of `worker`, valid until its next Enter. Where nothing changed,
  // one load; else it looks again once, and once more for each Publish that comes in between.
  [[nodiscard]] const Engine& Enter(Worker& worker) const noexcept {
    const Engine* engine = current_.load(std::memory_order_acquire);
    if (engine != worker.pinned_.load(std::memory_order_relaxed)) engine = Pin(worker, engine);
    return *engine;
  }

  // The engine for `request`, of those that serve now: `entered`, which Enter has just returned to
  // the same worker, or another one, which is valid as long, and `entered` no more. What is said of
  // a site by its index holds for `entered` alone. Who calls it for no request is in no trial.
  //
  // Who brings no clearance meets the engine that serves: nobody would notice what the trial does
  // to him. Which one he brings is not checked here, but it picks one of two engines and no more,
  // and nobody outside knows which id picks which. Without a trial it costs one load.
  [[nodiscard]] const Engine& Choose(Worker& worker, const Engine& entered,
                                     const Request& request) const noexcept {
    if (trial_.load(std::memory_order_acquire) == nullptr) [[likely]]
      return entered;
    return ChooseCohort(worker, entered, request);
  }

  // Has `trial` serve some clients beside the current engine, and ends a trial that there is. What
  // both do to their clients is counted from now on. Locks and allocates.
  void Try(std::unique_ptr<const Engine> trial, const CohortRule& rule);
  // Makes the engine on trial the current one, as Publish does. Returns the new generation's
  // number; 0 if there is none. Never throws.
  std::uint64_t PublishTrial() noexcept;
  // Lets the engine on trial go: its clients meet the current one from their next request on.
  // Returns false if there is none. Never throws.
  bool EndTrial() noexcept;
  // What has become of the clients of the trial so far; nullopt if there is none.
  [[nodiscard]] std::optional<CohortComparison> CompareCohorts();

  // Publishes `next`, ends a trial that there is, and frees every older engine that no worker has
  // pinned. Returns the new generation's number. Locks and allocates.
  std::uint64_t Publish(std::unique_ptr<const Engine> next);

  // Frees what has become free since. Returns how many old engines are still pinned by a worker
  // that has had no request since.
  std::size_t Collect();

  // The number of the current generation; the first is 1. Any thread.
  [[nodiscard]] std::uint64_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }

  // Calls `visit` with the current engine, the workers there are (const std::vector<Worker*>&) and
  // the sums of those that are gone (const Counters&), while no engine can be freed. Locks.
  template <typename Visitor>
  void Inspect(Visitor visit) {
    const std::lock_guard lock(mutex_);
    visit(*published_.back(), workers_, departed_);
  }
  // Calls `visit` with the engine on trial, if there is one. Locks.
  template <typename Visitor>
  void InspectTrial(Visitor visit) {
    const std::lock_guard lock(mutex_);
    if (tried_ != nullptr) visit(*tried_);
  }

 private:
  friend class Worker;
  friend struct EngineSlotPeer;  // The test of Pin.
  // Announces and returns the current engine. `seen` is what was current a moment ago, and may be
  // freed by now.
  [[nodiscard]] const Engine* Pin(Worker& worker, const Engine* seen) const noexcept;
  [[nodiscard]] const Engine& ChooseCohort(Worker& worker, const Engine& entered,
                                           const Request& request) const noexcept;
  bool EndTrialLocked() noexcept;
  void Forget(Worker& worker) noexcept;
  std::size_t CollectLocked() noexcept;

  // Read by every request, so that what is written more often than at a reload is not beside it.
  alignas(64) std::atomic<const Engine*> current_;
  std::atomic<const Engine*> trial_{nullptr};
  std::atomic<std::uint64_t> trial_limit_{0};  // Of the upper half of a ClientHash.
  std::atomic<std::uint64_t> trial_seed_{0};
  alignas(64) mutable std::mutex mutex_;
  std::atomic<std::uint64_t> generation_{1};
  std::vector<std::unique_ptr<const Engine>> published_;  // The last one is current.
  std::unique_ptr<const Engine> tried_;                   // What trial_ points to.
  // Of the engine on trial and of the current one, since the first trial: a request that began in
  // one may note in them after its end.
  std::unique_ptr<Cohort> inside_;
  std::unique_ptr<Cohort> outside_;
  std::uint64_t last_serial_ = 1;
  std::vector<Worker*> workers_;
  Counters departed_;  // Sums of workers that are gone.
};

}  // namespace stile

#endif  // STILE_ENGINE_ENGINE_SLOT_H_
