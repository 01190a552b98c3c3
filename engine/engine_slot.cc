#include "engine/engine_slot.h"

#include <algorithm>
#include <utility>

namespace stile {

EngineSlot::EngineSlot(std::unique_ptr<const Engine> first) : current_(first.get()) {
  if (first != nullptr) first->serial_ = last_serial_;
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

// Each client's number is its own, so that two looks at one client agree without any memory of him.
const Engine& EngineSlot::ChooseCohort(Worker& worker, const Engine& entered,
                                       const Request& request) const noexcept {
  TokenId id;
  const bool is_bearer = entered.FindClaimedId(request, id);
  worker.client_ =
      is_bearer ? ClientHash(id, trial_seed_.load(std::memory_order_relaxed)) : std::uint64_t{0};
  if (!is_bearer || worker.client_ >> 32 >= trial_limit_.load(std::memory_order_relaxed)) {
    return entered;
  }
  const Engine* seen = trial_.load(std::memory_order_seq_cst);
  while (seen != nullptr) {
    worker.pinned_.store(seen, std::memory_order_seq_cst);
    const Engine* again = trial_.load(std::memory_order_seq_cst);
    if (again == seen) return *seen;
    seen = again;
  }
  // It has just ended, and nothing that was announced before counts any more.
  return *Pin(worker, current_.load(std::memory_order_seq_cst));
}

void EngineSlot::Try(std::unique_ptr<const Engine> trial, const CohortRule& rule) {
  const std::lock_guard lock(mutex_);
  if (inside_ == nullptr) {
    auto inside = std::make_unique<Cohort>(true);
    outside_ = std::make_unique<Cohort>(false);
    inside_ = std::move(inside);
  }
  // Room for what it becomes, and for one that it takes the place of.
  published_.reserve(published_.size() + 2);
  EndTrialLocked();
  const Engine& serving = *published_.back();
  inside_->Begin(*trial, serving, rule.seed);
  outside_->Begin(*trial, serving, rule.seed);
  trial->Join(inside_.get());
  serving.Join(outside_.get());
  constexpr double kAll = 4'294'967'296.0;
  trial_limit_.store(static_cast<std::uint64_t>(std::clamp(rule.share, 0.0, 1.0) * kAll),
                     std::memory_order_relaxed);
  trial_seed_.store(rule.seed, std::memory_order_relaxed);
  trial->serial_ = ++last_serial_;
  tried_ = std::move(trial);
  trial_.store(tried_.get(), std::memory_order_seq_cst);
  CollectLocked();
}

std::uint64_t EngineSlot::PublishTrial() noexcept {
  const std::lock_guard lock(mutex_);
  if (tried_ == nullptr) return 0;
  published_.back()->Join(nullptr);
  tried_->Join(nullptr);
  published_.push_back(std::move(tried_));  // Try has made room.
  current_.store(published_.back().get(), std::memory_order_seq_cst);
  trial_.store(nullptr, std::memory_order_seq_cst);
  const std::uint64_t generation = generation_.load(std::memory_order_relaxed) + 1;
  generation_.store(generation, std::memory_order_release);
  CollectLocked();
  return generation;
}

bool EngineSlot::EndTrial() noexcept {
  const std::lock_guard lock(mutex_);
  const bool there_was = EndTrialLocked();
  CollectLocked();
  return there_was;
}

bool EngineSlot::EndTrialLocked() noexcept {
  if (tried_ == nullptr) return false;
  trial_.store(nullptr, std::memory_order_seq_cst);
  published_.back()->Join(nullptr);
  tried_->Join(nullptr);
  published_.insert(published_.begin(), std::move(tried_));  // Try has made room.
  return true;
}

std::optional<CohortComparison> EngineSlot::CompareCohorts() {
  const std::lock_guard lock(mutex_);
  if (tried_ == nullptr) return std::nullopt;
  return CohortComparison{inside_->counts(), outside_->counts()};
}

std::uint64_t EngineSlot::Publish(std::unique_ptr<const Engine> next) {
  const std::lock_guard lock(mutex_);
  EndTrialLocked();
  next->serial_ = ++last_serial_;
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

std::size_t EngineSlot::CollectLocked() noexcept {
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
