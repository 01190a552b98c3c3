#ifndef STILE_SERVICE_NOTIFY_SOCKET_H_
#define STILE_SERVICE_NOTIFY_SOCKET_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stile {

// Tells the service manager that started this process how it is: datagrams to $NOTIFY_SOCKET, as
// sd_notify(3) describes them. Says nothing where there is none. Belongs to one thread.
class NotifySocket {
 public:
  // From $NOTIFY_SOCKET (a path, or '@' and an abstract name), $WATCHDOG_USEC and $WATCHDOG_PID.
  [[nodiscard]] static NotifySocket FromEnvironment();
  ~NotifySocket();
  NotifySocket(NotifySocket&& other) noexcept;
  NotifySocket& operator=(NotifySocket&&) = delete;

  // How often the manager wants to hear that all is well; nullopt: it doesn't ask.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  void Ready(std::string_view status);   // Takes requests: after the start and each reload.
  void Reloading();                      // A reload begins; Ready says that it is over.
  void Status(std::string_view status);  // One line for people.
  void Stopping(std::string_view status, std::chrono::milliseconds timeout);  // Takes up to that.
  // Another process is the service from now on. Says nothing more.
  void HandOver(int pid);
  void Alive();  // The watchdog's question, answered.

 private:
  NotifySocket() = default;
  void Send(std::string_view text) const;

  int socket_ = -1;
  std::string address_;  // As in sun_path.
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace stile

#endif  // STILE_SERVICE_NOTIFY_SOCKET_H_
