#include "service/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <boost/asio/bind_allocator.hpp>

#include "service/event_loop.h"

namespace stile {
namespace {

constexpr int kAcceptsAtOnce = 64;  // Then the open connections get their turn.
constexpr std::chrono::milliseconds kBackOff{50};

std::optional<IpAddress> AddressOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in address;
    std::memcpy(&address, &storage, sizeof(address));
    IpAddress::Bytes4 bytes;
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    return IpAddress::V4(bytes);
  }
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address;
    std::memcpy(&address, &storage, sizeof(address));
    IpAddress::Bytes16 bytes;
    std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
    return IpAddress::V6(bytes);
  }
  return std::nullopt;
}

}  // namespace

Listener::Listener(boost::asio::io_context& io, EventLoop& loop, int descriptor,
                   std::shared_ptr<const ListenerPlan> plan)
    : loop_(loop),
      plan_(std::move(plan)),
      descriptor_(io.get_executor(), descriptor),
      timer_(io.get_executor()) {}

void Listener::Close() {
  closed_ = true;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  timer_.cancel();
}

void Listener::Wait() {
  descriptor_.async_wait(Descriptor::wait_read, boost::asio::bind_allocator(
                                                    HandlerAllocator<void>(memory_),
                                                    [this](const boost::system::error_code& error) {
                                                      if (closed_) return;
                                                      if (error) return BackOff();
                                                      AcceptSome();
                                                    }));
}

void Listener::AcceptSome() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    const int client = accept4(descriptor_.native_handle(), reinterpret_cast<sockaddr*>(&storage),
                               &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) {
      loop_.Accept(client, plan_, AddressOf(storage));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return BackOff();
    }
    // Anything else is the fate of one client that is gone already.
  }
  if (!closed_) Wait();
}

void Listener::BackOff() {
  timer_.expires_after(kBackOff);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !closed_) AcceptSome();
  });
}

}  // namespace stile
