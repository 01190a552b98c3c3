#ifndef STILE_ENGINE_WORKER_H_
#define STILE_ENGINE_WORKER_H_

#include <atomic>
#include <cstdint>

#include "challenge/entropy.h"
#include "engine/admission/traffic_sample.h"
#include "engine/answer_space.h"
#include "engine/counters.h"
#include "engine/fallback_switch.h"

namespace stile {

class EngineSlot;
class Engine;

// One thread's handle: what its requests write to. Made by EngineSlot::NewWorker and used by one
// thread at a time; must not outlive its slot. Big (some 400 KiB, most of it counters and
// samples): keep it on the heap. Shares no cache line with anything that another thread writes.
class alignas(64) Worker {
 public:
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Counted by this thread alone, read by anyone.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  // Requests that it has decided about lately. Written by this thread alone, read by anyone.
  [[nodiscard]] const TrafficSample& samples() const noexcept { return samples_; }
  // Which fallbacks its requests are not offered, whatever their site.
  [[nodiscard]] FallbackSwitch& fallbacks() noexcept { return fallbacks_; }
  [[nodiscard]] const FallbackSwitch& fallbacks() const noexcept { return fallbacks_; }

 private:
  friend class EngineSlot;
  friend class Engine;
  explicit Worker(EngineSlot& slot) noexcept : slot_(slot) {}

  EngineSlot& slot_;
  // The engine that this thread may be using. Written by this thread, read by whoever frees
  // engines; engine_slot.h says in which order.
  std::atomic<const Engine*> pinned_{nullptr};
  Entropy entropy_;
  Counters counters_;
  AnswerSpace space_;
  FallbackSwitch fallbacks_;
  TrafficSample samples_;
  // During a trial, which client the request is of that an engine was last chosen for; 0: of none.
  std::uint64_t client_ = 0;
};

}  // namespace stile

#endif  // STILE_ENGINE_WORKER_H_
