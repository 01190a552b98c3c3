#ifndef STILE_SERVICE_SIGNAL_WATCH_H_
#define STILE_SERVICE_SIGNAL_WATCH_H_

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace stile {

// Some signals, read one at a time instead of interrupting anything. Make each watch before any
// other thread, so that all of them leave its signals to it. Ignores SIGPIPE.
class SignalWatch {
 public:
  struct Caught {
    int number = 0;
    std::uint32_t pid = 0;  // Of who sent it, and its user.
    std::uint32_t uid = 0;
  };

  explicit SignalWatch(std::initializer_list<int> signals);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // False if the system gave no descriptors.
  [[nodiscard]] bool ok() const { return signals_ >= 0 && wake_ >= 0; }

  // Waits for a signal; nullopt when `timeout` is over or Wake was called. One thread at a time.
  [[nodiscard]] std::optional<Caught> Catch(std::chrono::milliseconds timeout);
  // The same, and no more than its number.
  [[nodiscard]] std::optional<int> Wait(std::chrono::milliseconds timeout);

  // Ends a wait, the present one or the next. Any thread.
  void Wake();

 private:
  int signals_;
  int wake_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SIGNAL_WATCH_H_
