#ifndef STILE_SERVICE_LISTENING_SOCKET_H_
#define STILE_SERVICE_LISTENING_SOCKET_H_

#include <utility>

#include <absl/status/statusor.h>

#include "service/config.h"

namespace stile {

// A bound, listening socket in non-blocking mode. Closes it; a unix socket's file goes with its
// owner.
class ListeningSocket {
 public:
  // TCP sockets of one address may be opened several times: the kernel spreads the clients. A unix
  // socket that nobody answers on is taken for a dead process's and replaced; its file gets the
  // address's mode and group. Returns Unavailable with the address and the reason, and
  // FailedPrecondition if there is no such group.
  [[nodiscard]] static absl::StatusOr<ListeningSocket> Open(const SocketAddress& address);

  // A socket that somebody else has opened, and may go on using. Takes `descriptor` over, also
  // where it fails. `with_file`: InheritFile will make the file of a unix socket this one's.
  // Returns InvalidArgument if it isn't a stream socket of TCP or unix that listens.
  [[nodiscard]] static absl::StatusOr<ListeningSocket> Adopt(int descriptor, bool with_file);

  ListeningSocket(ListeningSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        owns_file_(other.owns_file_),
        with_file_(other.with_file_),
        address_(std::move(other.address_)) {}
  ListeningSocket& operator=(ListeningSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(owns_file_, other.owns_file_);
    std::swap(with_file_, other.with_file_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~ListeningSocket();

  // Another descriptor of the same socket, for another loop; -1 if there is none left.
  [[nodiscard]] int Duplicate() const;

  // True if it is bound to `address`, however either is spelled. Port 0 is no socket's.
  [[nodiscard]] bool ListensOn(const SocketAddress& address) const;

  // Gives the file of an adopted unix socket the mode and group of `address`, if it comes with the
  // socket; fails as Open does.
  [[nodiscard]] absl::Status UseRights(const SocketAddress& address) const;

  // Whoever owned the file has left it, or this one leaves it to somebody else.
  void InheritFile() noexcept { owns_file_ = owns_file_ || with_file_; }
  void LeaveFile() noexcept { owns_file_ = with_file_ = false; }
  [[nodiscard]] bool owns_file() const noexcept { return owns_file_; }
  [[nodiscard]] bool with_file() const noexcept { return with_file_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  // Where it is bound: with the port that was chosen.
  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }

 private:
  ListeningSocket(int descriptor, SocketAddress address)
      : descriptor_(descriptor), address_(std::move(address)) {}

  int descriptor_;
  bool owns_file_ = false;
  bool with_file_ = false;
  SocketAddress address_;
};

}  // namespace stile

#endif  // STILE_SERVICE_LISTENING_SOCKET_H_
