#include "service/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "service/socket_channel.h"

namespace stile {
namespace {

constexpr int kLookupPatience = 5;  // Milliseconds.
constexpr std::size_t kMaxFree = 1024;

// Returns 0 or an errno.
int Control(int epoll, int operation, int descriptor, std::uint32_t events, void* data) noexcept {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno;
}

}  // namespace

Reactor::Reactor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      alarm_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      work_(tasks_.get_executor()) {
  if (!ok()) return;
  // Never read: each write to it is an edge.
  if (Control(epoll_, EPOLL_CTL_ADD, alarm_, EPOLLIN | EPOLLET, nullptr) != 0) {
    close(std::exchange(alarm_, -1));
  }
}

Reactor::~Reactor() {
  if (alarm_ >= 0) close(alarm_);
  if (epoll_ >= 0) close(epoll_);
}

int Reactor::Watch(int descriptor, std::uint32_t events, Watcher& watcher) noexcept {
  return Control(epoll_, EPOLL_CTL_ADD, descriptor, events, &watcher);
}

int Reactor::Change(int descriptor, std::uint32_t events, Watcher& watcher) noexcept {
  return Control(epoll_, EPOLL_CTL_MOD, descriptor, events, &watcher);
}

void Reactor::Forget(int descriptor) noexcept {
  // Closing it wouldn't do: another descriptor may stand for the same socket.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void Reactor::Wake() noexcept {
  const std::uint64_t one = 1;
  // It can fail only if the number is about to overflow, and then it is an edge ahead already.
  (void)!write(alarm_, &one, sizeof(one));
}

void Reactor::Wait(int patience) {
  if (!owed_.empty()) {
    patience = 0;
  } else if (lookups_ != 0 && (patience < 0 || patience > kLookupPatience)) {
    patience = kLookupPatience;
  }
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), patience);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) static_cast<Watcher*>(event.data.ptr)->OnReady(event.events);
  }
  for (std::unique_ptr<SocketChannel>& channel : returned_) {
    if (free_.size() < kMaxFree && !channel->owed()) free_.push_back(std::move(channel));
  }
  std::erase_if(returned_,
                [](const auto& channel) { return channel == nullptr || !channel->owed(); });
}

void Reactor::RunOwed() {
  RunChannels();
  tasks_.poll();
}

void Reactor::RunChannels() {
  running_.swap(owed_);
  for (SocketChannel* const channel : running_) channel->Run();
  running_.clear();
}

std::unique_ptr<SocketChannel> Reactor::NewChannel() {
  if (free_.empty()) return std::make_unique<SocketChannel>(*this);
  std::unique_ptr<SocketChannel> channel = std::move(free_.back());
  free_.pop_back();
  return channel;
}

void Reactor::Return(std::unique_ptr<SocketChannel> channel) {
  returned_.push_back(std::move(channel));
}

void Reactor::Owe(SocketChannel& channel) { owed_.push_back(&channel); }

}  // namespace stile
