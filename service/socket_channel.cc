#include "service/socket_channel.h"

#include <unistd.h>

#include <exception>
#include <utility>

#include <boost/asio/error.hpp>

#include "service/memory_refusals.h"

namespace stile {
namespace {

constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

}  // namespace

std::uint32_t SocketChannel::Events() const noexcept {
  return EPOLLIN | EPOLLRDHUP | EPOLLET | (sees_room_ ? std::uint32_t{EPOLLOUT} : 0U);
}

int SocketChannel::Open(int descriptor) noexcept {
  readable_ = at_end_ = sees_room_ = false;
  set_yields(false);
  const int error = reactor_.Watch(descriptor, Events(), *this);
  if (error == 0) descriptor_ = descriptor;
  return error;
}

void SocketChannel::Close() noexcept {
  if (descriptor_ < 0) return;
  reactor_.Forget(descriptor_);
  close(std::exchange(descriptor_, -1));
  for (SocketOperation** const slot : {&read_, &write_}) {
    if (*slot == nullptr) continue;
    (*slot)->error = boost::asio::error::operation_aborted;
    (*slot)->size = 0;
    Finish(*std::exchange(*slot, nullptr));
  }
}

void SocketChannel::Owe() noexcept {
  if (owed_) return;
  owed_ = true;
  reactor_.Owe(*this);
}

void SocketChannel::Finish(SocketOperation& operation) noexcept {
  operation.next_ = std::exchange(finished_, &operation);
  Owe();
}

bool SocketChannel::Refuse(SocketOperation& operation, const SocketOperation* other) noexcept {
  if (descriptor_ >= 0 && other == nullptr) return false;
  if (descriptor_ < 0) {
    operation.error = boost::asio::error::bad_descriptor;
  } else {
    operation.error = boost::asio::error::already_started;
  }
  Finish(operation);
  return true;
}

void SocketChannel::BeginRead(SocketOperation& operation) noexcept {
  if (Refuse(operation, read_)) return;
  read_ = &operation;
  if (operation.takes_event) {
    reactor_.Change(descriptor_, Events(), *this);  // If there is something already, it says so.
  } else if (readable_) {
    Owe();
  }
}

void SocketChannel::BeginWrite(SocketOperation& operation) noexcept {
  if (Refuse(operation, write_)) return;
  write_ = &operation;
  if (sees_room_ && !operation.takes_event) return;
  sees_room_ = true;
  reactor_.Change(descriptor_, Events(), *this);
}

bool SocketChannel::Try(SocketOperation& operation) noexcept {
  try {
    return operation.Try(descriptor_);
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kLoop);
    operation.error = boost::asio::error::no_memory;
    operation.size = 0;
    return true;
  }
}

void SocketChannel::TryRead(bool event) noexcept {
  if (read_ == nullptr || !readable_ || (read_->takes_event && !event)) return;
  SocketOperation& operation = *read_;
  if (!Try(operation)) {
    readable_ = false;
    return;
  }
  // Its end, or what follows an error, needs no further event to be found.
  if (operation.took_all && !at_end_) readable_ = false;
  read_ = nullptr;
  ContainEvent([&operation] { operation.Complete(); });
}

void SocketChannel::TryWrite(bool event) noexcept {
  if (write_ == nullptr || !event) return;
  SocketOperation& operation = *write_;
  if (!Try(operation)) return;
  write_ = nullptr;
  ContainEvent([&operation] { operation.Complete(); });
}

void SocketChannel::OnReady(std::uint32_t events) noexcept {
  if (descriptor_ < 0) return;  // Closed in this turn.
  if ((events & kEnd) != 0) at_end_ = true;
  const bool can_read = (events & (EPOLLIN | kEnd)) != 0;
  const bool can_write = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if (can_read) readable_ = true;
  if (sees_room_ && write_ == nullptr) {
    // Nobody waits for it any more. On a unix socket every reply that is read would be an event.
    sees_room_ = false;
    reactor_.Change(descriptor_, Events(), *this);
  }
  TryRead(can_read);
  if (descriptor_ >= 0) TryWrite(can_write);
}

void SocketChannel::Run() noexcept {
  owed_ = false;
  // Those that are finished meanwhile are the next turn's.
  SocketOperation* finished = std::exchange(finished_, nullptr);
  while (finished != nullptr) {
    SocketOperation& operation = *finished;
    finished = operation.next_;
    ContainEvent([&operation] { operation.Complete(); });
  }
  if (descriptor_ >= 0) TryRead(false);
}

}  // namespace stile
