#ifndef STILE_SERVICE_SUCCESSOR_H_
#define STILE_SERVICE_SUCCESSOR_H_

#include <optional>

namespace stile {

// Another process that was handed this one's sockets, for as long as it lives. Its number alone
// would not do: the kernel gives it to the next one.
class Successor {
 public:
  // nullopt if there is no such process, or it can't be watched.
  [[nodiscard]] static std::optional<Successor> Of(int pid);

  Successor(Successor&& other) noexcept;
  Successor& operator=(Successor&& other) noexcept;
  ~Successor();

  [[nodiscard]] int pid() const noexcept { return pid_; }
  [[nodiscard]] bool alive() const noexcept;

 private:
  Successor(int pid, int descriptor) : pid_(pid), descriptor_(descriptor) {}

  int pid_;
  int descriptor_;  // A pidfd.
};

}  // namespace stile

#endif  // STILE_SERVICE_SUCCESSOR_H_
