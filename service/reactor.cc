#include "service/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "service/memory_refusals.h"
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
  // One by one: each holds the next.
  for (auto* const list : {&returned_, &free_}) {
    while (*list != nullptr) *list = std::move((*list)->next_at_rest_);
  }
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

void Reactor::Await(int patience, int most) noexcept {
  if (first_owed_ != nullptr) {
    patience = 0;
  } else if (lookups_ != 0 && (patience < 0 || patience > kLookupPatience)) {
    patience = kLookupPatience;
  }
  const int count = epoll_wait(epoll_, events_.data(), most, patience);
  found_ = std::max(count, 0);
  found_all_it_can_ = count == most;
  found_alarm_ = std::any_of(events_.data(), events_.data() + found_,
                             [](const epoll_event& event) { return event.data.ptr == nullptr; });
}

void Reactor::Serve(bool in_order) noexcept {
  const std::span events(events_.data(), static_cast<std::size_t>(found_));
  for (epoll_event& event : events) {
    auto* const watcher = static_cast<Watcher*>(event.data.ptr);
    if (watcher == nullptr || (in_order && watcher->yields())) continue;
    event.data.ptr = nullptr;  // It had its turn, whatever it makes of itself.
    watcher->OnReady(event.events);
  }
  for (const epoll_event& event : events) {
    if (event.data.ptr != nullptr) static_cast<Watcher*>(event.data.ptr)->OnReady(event.events);
  }
  if (returned_ != nullptr) Recycle();
}

// Those that are owed something stay until they have had it.
void Reactor::Recycle() noexcept {
  std::unique_ptr<SocketChannel> rest = std::move(returned_);
  while (rest != nullptr) {
    std::unique_ptr<SocketChannel> channel = std::move(rest);
    rest = std::move(channel->next_at_rest_);
    if (channel->owed()) {
      Return(std::move(channel));
    } else if (free_count_ < kMaxFree) {
      channel->next_at_rest_ = std::move(free_);
      free_ = std::move(channel);
      ++free_count_;
    }
  }
}

void Reactor::RunOwed() noexcept {
  RunChannels();
  // Whatever throws has left the queue.
  for (bool done = false; !done;) {
    ContainEvent([&] {
      tasks_.poll();
      done = true;
    });
  }
}

// Those that are owed something meanwhile are the next turn's.
void Reactor::RunChannels() noexcept {
  SocketChannel* owed = std::exchange(first_owed_, nullptr);
  last_owed_ = nullptr;
  while (owed != nullptr) {
    SocketChannel& channel = *owed;
    owed = std::exchange(channel.next_owed_, nullptr);
    channel.Run();
  }
}

std::unique_ptr<SocketChannel> Reactor::NewChannel() {
  if (free_ == nullptr) return std::make_unique<SocketChannel>(*this);
  std::unique_ptr<SocketChannel> channel = std::move(free_);
  free_ = std::move(channel->next_at_rest_);
  --free_count_;
  return channel;
}

void Reactor::Return(std::unique_ptr<SocketChannel> channel) noexcept {
  channel->next_at_rest_ = std::move(returned_);
  returned_ = std::move(channel);
}

void Reactor::Owe(SocketChannel& channel) noexcept {
  (last_owed_ == nullptr ? first_owed_ : last_owed_->next_owed_) = &channel;
  last_owed_ = &channel;
}

}  // namespace stile
