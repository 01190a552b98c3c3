#ifndef STILE_SERVICE_WOKEN_THREAD_H_
#define STILE_SERVICE_WOKEN_THREAD_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <absl/status/status.h>

namespace stile {

class RedisConnection;

// A thread that keeps one connection to Redis, and that others wake from its sleep.
class WokenThread {
 public:
  // What a connection is ready for, after a sleep.
  struct Ready {
    bool any = false;  // Also of an error that is neither.
    bool readable = false;
    bool writable = false;
  };

  WokenThread() = default;
  // Ends it.
  ~WokenThread();
  WokenThread(const WokenThread&) = delete;
  WokenThread& operator=(const WokenThread&) = delete;

  // Starts `run`, which returns once `ending` says so and throws nothing. `name` has at most 15
  // bytes. Call it once. Returns ResourceExhausted if the system gives no descriptor or no thread.
  [[nodiscard]] absl::Status Start(const char* name, std::function<void()> run);
  // Wakes it and waits until it has returned. Any other thread; again does nothing.
  void End() noexcept;
  [[nodiscard]] bool ending() const noexcept { return ending_.load(); }

  // Any thread.
  void Wake() noexcept;
  // Its own: sleeps for `wait` at most, until it is woken or `connection`, which may be null, can
  // be read or, if it wants that, written.
  [[nodiscard]] Ready Sleep(const RedisConnection* connection,
                            std::chrono::milliseconds wait) noexcept;

 private:
  int descriptor_ = -1;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace stile

#endif  // STILE_SERVICE_WOKEN_THREAD_H_
