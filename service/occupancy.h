#ifndef STILE_SERVICE_OCCUPANCY_H_
#define STILE_SERVICE_OCCUPANCY_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace stile {

// How many client connections are open in the whole process. Any thread.
class Occupancy {
 public:
  // Takes a place unless `limit` are taken.
  [[nodiscard]] bool Enter(std::uint32_t limit) noexcept {
    if (open_.fetch_add(1, std::memory_order_relaxed) < limit) return true;
    open_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }

  void Leave() noexcept {
    open_.fetch_sub(1, std::memory_order_acq_rel);
    if (!awaited_.load(std::memory_order_acquire)) return;
    const std::lock_guard lock(mutex_);  // So that no wait misses it.
    left_.notify_all();
  }

  [[nodiscard]] std::uint32_t open() const noexcept {
    return open_.load(std::memory_order_acquire);
  }

  // Waits until nobody is left or `timeout` is over. Returns how many are.
  std::uint32_t AwaitEmpty(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    awaited_.store(true, std::memory_order_seq_cst);
    // Whoever left before it was awaited told nobody.
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (open() != 0 && std::chrono::steady_clock::now() < end) {
      left_.wait_until(lock, std::min(end, std::chrono::steady_clock::now() + kLook));
    }
    return open();
  }

 private:
  static constexpr std::chrono::milliseconds kLook{100};

  std::atomic<std::uint32_t> open_{0};
  std::atomic<bool> awaited_{false};
  std::mutex mutex_;
  std::condition_variable left_;
};

}  // namespace stile

#endif  // STILE_SERVICE_OCCUPANCY_H_
