#ifndef STILE_SERVICE_LISTENING_SOCKET_H_
#define STILE_SERVICE_LISTENING_SOCKET_H_

#include <utility>

#include <absl/status/statusor.h>

#include "service/config.h"

namespace stile {

// A bound, listening socket in non-blocking mode. Closes it, unless it was released; a unix
// socket's file goes with the first owner of it.
class ListeningSocket {
 public:
  // TCP sockets of one address may be opened several times: the kernel spreads the clients. A unix
  // socket that nobody answers on is taken for a dead process's and replaced; its file gets the
  // address's mode and group. Returns Unavailable with the address and the reason, and
  // FailedPrecondition if there is no such group.
  [[nodiscard]] static absl::StatusOr<ListeningSocket> Open(const SocketAddress& address);

  ListeningSocket(ListeningSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), address_(std::move(other.address_)) {}
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~ListeningSocket();

  // Another descriptor of the same socket, for another loop; -1 if there is none left.
  [[nodiscard]] int Duplicate() const;
  [[nodiscard]] int Release() noexcept { return std::exchange(descriptor_, -1); }

  // Where it is bound: with the port that was chosen.
  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }

 private:
  ListeningSocket(int descriptor, SocketAddress address)
      : descriptor_(descriptor), address_(std::move(address)) {}

  int descriptor_;
  SocketAddress address_;
};

}  // namespace stile

#endif  // STILE_SERVICE_LISTENING_SOCKET_H_
