#include "engine/engine_slot.h"

#include <algorithm>
#include <utility>

namespace stile {

EngineSlot::EngineSlot(std::unique_ptr<const Engine> first) : current_(first.get()) {
  published_.push_back(std::move(first));
}

EngineSlot::~EngineSlot() = default;

std::unique_ptr<Worker> EngineSlot::NewWorker() {
  std::unique_ptr<Worker> worker(new Worker(*this));
  const std::lock_guard lock(mutex_);
  workers_.push_back(worker.get());
  return worker;
}

const Engine* EngineSlot::Pin(Worker& worker, const Engine* seen) const noexcept {
  while (true) {
    worker.pinned_.store(seen, std::memory_order_seq_cst);
    const Engine* again = current_.load(std::memory_order_seq_cst);
    if (again == seen) return seen;
    seen = again;
  }
}

std::uint64_t EngineSlot::Publish(std::unique_ptr<const Engine> next) {
  const std::lock_guard lock(mutex_);
  published_.push_back(std::move(next));
  current_.store(published_.back().get(), std::memory_order_seq_cst);
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed) + 1;
  generation_.store(generation, std::memory_order_release);
  CollectLocked();
  return generation;
}

std::size_t EngineSlot::Collect() {
  const std::lock_guard lock(mutex_);
  return CollectLocked();
}

std::size_t EngineSlot::CollectLocked() {
  const auto is_unused = [this](const std::unique_ptr<const Engine>& engine) {
    if (engine == published_.back()) return false;
    return std::none_of(workers_.begin(), workers_.end(), [&engine](const Worker* worker) {
      return worker->pinned_.load(std::memory_order_seq_cst) == engine.get();
    });
  };
  // remove_if would move engines over the current one's place while it is compared.
  for (std::size_t i = published_.size() - 1; i-- > 0;) {
    if (is_unused(published_[i])) published_.erase(published_.begin() + static_cast<long>(i));
  }
  return published_.size() - 1;
}

void EngineSlot::Forget(Worker& worker) noexcept {
  const std::lock_guard lock(mutex_);
  departed_.Add(worker.counters_);
  std::erase(workers_, &worker);
}

}  // namespace stile
