#include "service/stream_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <exception>

namespace stile {
namespace {

SocketError LastError() { return {errno, boost::system::system_category()}; }

}  // namespace

StreamSocket& StreamSocket::operator=(StreamSocket&& other) noexcept {
  if (this == &other) return *this;
  Release();
  reactor_ = other.reactor_;
  channel_ = std::move(other.channel_);
  return *this;
}

void StreamSocket::Release() noexcept {
  if (channel_ == nullptr) return;
  channel_->Close();
  reactor_->Return(std::move(channel_));
}

void StreamSocket::assign(int descriptor, SocketError& error) noexcept {
  Release();
  try {
    channel_ = reactor_->NewChannel();
  } catch (const std::exception&) {
    error = boost::asio::error::no_memory;
    return;
  }
  const int failure = channel_->Open(descriptor);
  error = failure == 0 ? SocketError() : SocketError(failure, boost::system::system_category());
}

void StreamSocket::shutdown(shutdown_type what, SocketError& error) {
  error = ::shutdown(native_handle(), what) == 0 ? SocketError() : LastError();
}

SocketError StreamSocket::BeginConnect(const sockaddr* address, socklen_t size) noexcept {
  const int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return LastError();
  if (address->sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  SocketError failure;
  if (connect(descriptor, address, size) != 0 && errno != EINPROGRESS) failure = LastError();
  // Watched from here on: before, it would be an event that it is not connected.
  if (const int error = channel_->Open(descriptor); error != 0) {
    ::close(descriptor);
    return {error, boost::system::system_category()};
  }
  return failure;
}

std::size_t WriteNow(StreamSocket& socket, std::string_view bytes, SocketError& error) {
  while (true) {
    const ssize_t sent = send(socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      error = {};
      return static_cast<std::size_t>(sent);
    }
    if (errno == EINTR) continue;
    error = LastError();
    return 0;
  }
}

bool WouldBlock(const SocketError& error) noexcept {
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

}  // namespace stile
