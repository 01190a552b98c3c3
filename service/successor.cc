#include "service/successor.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace stile {

std::optional<Successor> Successor::Of(int pid) {
  if (pid <= 0) return std::nullopt;
  const long descriptor = ::syscall(SYS_pidfd_open, pid, 0);  // Closed on exec.
  if (descriptor < 0) return std::nullopt;
  return Successor(pid, static_cast<int>(descriptor));
}

Successor::Successor(Successor&& other) noexcept
    : pid_(other.pid_), descriptor_(std::exchange(other.descriptor_, -1)) {}

Successor& Successor::operator=(Successor&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Successor::~Successor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Successor::alive() const noexcept {
  pollfd ended = {descriptor_, POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

}  // namespace stile
