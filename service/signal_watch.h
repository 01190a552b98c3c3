#ifndef STILE_SERVICE_SIGNAL_WATCH_H_
#define STILE_SERVICE_SIGNAL_WATCH_H_

#include <chrono>
#include <optional>

namespace stile {

// The signals that stiled acts on, read one at a time instead of interrupting anything: SIGHUP,
// SIGINT, SIGTERM. Make it before any other thread, so that all of them leave these signals to it.
// Ignores SIGPIPE.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // False if the system gave no descriptors.
  [[nodiscard]] bool ok() const { return signals_ >= 0 && wake_ >= 0; }

  // Waits for a signal and returns its number; nullopt when `timeout` is over or Wake was called.
  [[nodiscard]] std::optional<int> Wait(std::chrono::milliseconds timeout);

  // Ends a Wait, the present one or the next. Any thread.
  void Wake();

 private:
  int signals_;
  int wake_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SIGNAL_WATCH_H_
