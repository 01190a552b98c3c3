#include "service/socket_channel.h"

#include <unistd.h>

#include <utility>

#include <boost/asio/error.hpp>

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

void SocketChannel::Owe() {
  if (owed_) return;
  owed_ = true;
  reactor_.Owe(*this);
}

void SocketChannel::Finish(SocketOperation& operation) {
  operation.next_ = std::exchange(finished_, &operation);
  Owe();
}

bool SocketChannel::Refuse(SocketOperation& operation, const SocketOperation* other) {
  if (descriptor_ >= 0 && other == nullptr) return false;
  if (descriptor_ < 0) {
    operation.error = boost::asio::error::bad_descriptor;
  } else {
    operation.error = boost::asio::error::already_started;
  }
  Finish(operation);
  return true;
}

void SocketChannel::BeginRead(SocketOperation& operation) {
  if (Refuse(operation, read_)) return;
  read_ = &operation;
  if (operation.takes_event) {
    reactor_.Change(descriptor_, Events(), *this);  // If there is something already, it says so.
  } else if (readable_) {
    Owe();
  }
}

void SocketChannel::BeginWrite(SocketOperation& operation) {
  if (Refuse(operation, write_)) return;
  write_ = &operation;
  if (sees_room_ && !operation.takes_event) return;
  sees_room_ = true;
  reactor_.Change(descriptor_, Events(), *this);
}

void SocketChannel::TryRead(bool event) {
  if (read_ == nullptr || !readable_ || (read_->takes_event && !event)) return;
  SocketOperation& operation = *read_;
  if (!operation.Try(descriptor_)) {
    readable_ = false;
    return;
  }
  // Its end, or what follows an error, needs no further event to be found.
  if (operation.took_all && !at_end_) readable_ = false;
  read_ = nullptr;
  operation.Complete();
}

void SocketChannel::TryWrite(bool event) {
  if (write_ == nullptr || !event) return;
  SocketOperation& operation = *write_;
  if (!operation.Try(descriptor_)) return;
  write_ = nullptr;
  operation.Complete();
}

void SocketChannel::OnReady(std::uint32_t events) {
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

void SocketChannel::Run() {
  owed_ = false;
  // Those that are finished meanwhile are the next turn's.
  SocketOperation* finished = std::exchange(finished_, nullptr);
  while (finished != nullptr) {
    SocketOperation& operation = *finished;
    finished = operation.next_;
    operation.Complete();
  }
  if (descriptor_ >= 0) TryRead(false);
}

}  // namespace stile
