#include "service/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "service/event_loop.h"

namespace stile {
namespace {

constexpr int kAcceptsAtOnce = 64;  // Then the open connections get their turn.
// A queue is not longer, so more are new ones: of a socket that another process accepts from too.
constexpr int kLongestQueue = 4'096;
constexpr int kAcceptsInOverload = 16;
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

Listener::Listener(Reactor& reactor, EventLoop& loop, int descriptor,
                   std::shared_ptr<const ListenerPlan> plan)
    : reactor_(reactor), loop_(loop), plan_(std::move(plan)), descriptor_(descriptor) {
  set_yields(true);  // Those that are here go first.
}

void Listener::Close() {
  if (descriptor_ < 0) return;
  DeadlineTimer::Disarm(*this);
  reactor_.Forget(descriptor_);
  close(std::exchange(descriptor_, -1));
}

// Told of every client that waits, as long as there are any.
void Listener::Listen() noexcept {
  if (descriptor_ >= 0 && reactor_.Watch(descriptor_, EPOLLIN, *this) != 0) BackOff();
}

int Listener::AcceptOne(bool has_waited) noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  const int client = accept4(descriptor_, reinterpret_cast<sockaddr*>(&storage), &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) return errno;
  if (has_waited) loop_.NoteLate(WaitOf(client));
  loop_.Accept(client, plan_, AddressOf(storage));
  return 0;
}

void Listener::OnReady(std::uint32_t) noexcept {
  const int most = loop_.overloaded() ? kAcceptsInOverload : kAcceptsAtOnce;
  for (int i = 0; i < most && descriptor_ >= 0; ++i) {
    const int error = AcceptOne(i == 0 && has_more_);
    if (error == EAGAIN || error == EWOULDBLOCK) {
      has_more_ = false;
      return;
    }
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) return BackOff();
    // Anything else is the fate of one client that is gone already.
  }
  if (!has_more_) has_more_since_ = CoarseNow();
  has_more_ = true;
}

// The kernel notes when it made the socket, which is when the client was there. It does so for TCP
// alone: elsewhere it is at most since when there always were some who waited.
std::chrono::milliseconds Listener::WaitOf(int client) const noexcept {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) {
    return std::chrono::milliseconds(info.tcpi_last_data_sent);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(CoarseNow() - has_more_since_);
}

void Listener::CloseAfterLast() {
  for (int i = 0; i < kLongestQueue && descriptor_ >= 0; ++i) {
    const int error = AcceptOne(false);
    if (error == EAGAIN || error == EWOULDBLOCK || error == EMFILE || error == ENFILE) break;
  }
  Close();
}

void Listener::BackOff() noexcept {
  reactor_.Forget(descriptor_);
  loop_.timer().Arm(*this, kBackOff);
}

}  // namespace stile
