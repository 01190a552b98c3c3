#ifndef STILE_SERVICE_STREAM_SOCKET_H_
#define STILE_SERVICE_STREAM_SOCKET_H_

#include <sys/socket.h>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include "service/handler_memory.h"
#include "service/reactor.h"
#include "service/socket_channel.h"

namespace stile {

// A TCP or unix connection. Each of its operations calls back with an error, never before the call
// that begins it has returned. Closing ends what is pending with operation_aborted, in the next
// turn of the reactor. Moving takes pending operations along.
class StreamSocket {
 public:
  enum shutdown_type { shutdown_send = SHUT_WR };
  enum wait_type { wait_read, wait_write };

  explicit StreamSocket(Reactor& reactor) noexcept : reactor_(&reactor) {}
  StreamSocket(StreamSocket&& other) noexcept = default;
  StreamSocket& operator=(StreamSocket&& other) noexcept;
  ~StreamSocket() { Release(); }

  // Takes over a connected socket in non-blocking mode; on an error it remains the caller's.
  void assign(int descriptor, SocketError& error) noexcept;
  void close(SocketError& error) {
    Release();
    error = {};
  }
  void shutdown(shutdown_type what, SocketError& error);
  [[nodiscard]] int native_handle() const noexcept {
    return channel_ ? channel_->descriptor() : -1;
  }
  [[nodiscard]] boost::asio::io_context::executor_type get_executor() const noexcept {
    return reactor_->tasks().get_executor();
  }

  // Connects a closed socket, and calls `done` with the error.
  template <typename Done>
  void Connect(const sockaddr* address, socklen_t size, HandlerMemory& memory, Done done);
  // Calls `done` with an error once there may be something to read, or room to write. It need not
  // be the end of what was there before: whoever waits has seen that nothing is.
  template <typename Done>
  void async_wait(wait_type what, Done done);

  // Where its operations wait. That of a closed socket ends them with an error.
  [[nodiscard]] SocketChannel& channel() {
    if (channel_ == nullptr) channel_ = reactor_->NewChannel();
    return *channel_;
  }

 private:
  void Release() noexcept;
  // Opens a socket on channel_ and begins to connect it. The error is that of the kernel; none if
  // it is under way.
  [[nodiscard]] SocketError BeginConnect(const sockaddr* address, socklen_t size) noexcept;

  Reactor* reactor_;
  std::unique_ptr<SocketChannel> channel_;
};

// An operation that lives in its handler's memory. `Derived` has Try; `done` is called with what
// `Derived::Call` makes of the outcome.
template <typename Derived, typename Allocator, typename Done>
class StoredOperation : public SocketOperation {
 public:
  template <typename... Arguments>
  [[nodiscard]] static Derived& New(const Allocator& allocator, Done done, Arguments... arguments) {
    Typed typed(allocator);
    Derived* const place = std::allocator_traits<Typed>::allocate(typed, 1);
    return *new (place) Derived(allocator, std::move(done), arguments...);
  }
  StoredOperation(const Allocator& allocator, Done done)
      : allocator_(allocator), done_(std::move(done)) {}

  void Complete() final {
    const SocketError failure = error;
    const std::size_t count = size;
    Done done(std::move(done_));
    Typed typed(allocator_);
    Derived* const self = static_cast<Derived*>(this);
    std::destroy_at(self);
    std::allocator_traits<Typed>::deallocate(typed, self, 1);
    Derived::Call(done, failure, count);
  }

 private:
  using Typed = typename std::allocator_traits<Allocator>::template rebind_alloc<Derived>;
  Allocator allocator_;
  Done done_;
};

template <typename Room, typename Done>
class ReadOperation final
    : public StoredOperation<ReadOperation<Room, Done>, HandlerAllocator<void>, Done> {
 public:
  using Base = StoredOperation<ReadOperation<Room, Done>, HandlerAllocator<void>, Done>;
  ReadOperation(const HandlerAllocator<void>& allocator, Done done, Room room)
      : Base(allocator, std::move(done)), room_(room) {}

  bool Try(int descriptor) override {
    const std::span<char> room = room_();
    ssize_t got = 0;
    do {
      got = recv(descriptor, room.data(), room.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      this->error = SocketError(errno, boost::system::system_category());
    } else if (got == 0) {
      this->error = boost::asio::error::eof;
    } else {
      this->size = static_cast<std::size_t>(got);
      this->took_all = this->size < room.size();
    }
    return true;
  }
  static void Call(Done& done, const SocketError& error, std::size_t size) { done(error, size); }

 private:
  Room room_;
};

template <typename Done>
class WriteOperation final
    : public StoredOperation<WriteOperation<Done>, HandlerAllocator<void>, Done> {
 public:
  using Base = StoredOperation<WriteOperation<Done>, HandlerAllocator<void>, Done>;
  WriteOperation(const HandlerAllocator<void>& allocator, Done done, std::string_view bytes)
      : Base(allocator, std::move(done)), bytes_(bytes) {}

  bool Try(int descriptor) override {
    ssize_t sent = 0;
    do {
      sent = send(descriptor, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      this->error = SocketError(errno, boost::system::system_category());
    } else {
      this->size = static_cast<std::size_t>(sent);
    }
    return true;
  }
  static void Call(Done& done, const SocketError& error, std::size_t size) { done(error, size); }

 private:
  std::string_view bytes_;
};

template <typename Done>
class ConnectOperation final
    : public StoredOperation<ConnectOperation<Done>, HandlerAllocator<void>, Done> {
 public:
  using Base = StoredOperation<ConnectOperation<Done>, HandlerAllocator<void>, Done>;
  using Base::Base;

  bool Try(int descriptor) override {
    int failure = 0;
    socklen_t length = sizeof(failure);
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) != 0) failure = errno;
    if (failure != 0) this->error = SocketError(failure, boost::system::system_category());
    return true;
  }
  static void Call(Done& done, const SocketError& error, std::size_t) { done(error); }
};

template <typename Allocator, typename Done>
class WaitOperation final
    : public StoredOperation<WaitOperation<Allocator, Done>, Allocator, Done> {
 public:
  using Base = StoredOperation<WaitOperation<Allocator, Done>, Allocator, Done>;
  WaitOperation(const Allocator& allocator, Done done) : Base(allocator, std::move(done)) {
    this->takes_event = true;
  }

  bool Try(int) override { return true; }
  static void Call(Done& done, const SocketError& error, std::size_t) { done(error); }
};

template <typename Done>
void StreamSocket::Connect(const sockaddr* address, socklen_t size, HandlerMemory& memory,
                           Done done) {
  Release();
  channel_ = reactor_->NewChannel();  // What throws goes first: an operation must be ended.
  SocketOperation& operation =
      ConnectOperation<Done>::New(HandlerAllocator<void>(memory), std::move(done));
  operation.error = BeginConnect(address, size);
  if (operation.error) {
    channel_->Finish(operation);
  } else {
    channel_->BeginWrite(operation);
  }
}

template <typename Done>
void StreamSocket::async_wait(wait_type what, Done done) {
  const auto allocator = boost::asio::get_associated_allocator(done);
  SocketChannel& place = channel();
  SocketOperation& operation =
      WaitOperation<std::decay_t<decltype(allocator)>, Done>::New(allocator, std::move(done));
  what == wait_read ? place.BeginRead(operation) : place.BeginWrite(operation);
}

// Reads what there is into `room()`, a span that is asked for once there is something, and calls
// `done` with the error and the number of bytes. So nothing is held for a client that is silent.
template <std::invocable Room, typename Done>
void ReadSome(StreamSocket& socket, Room room, HandlerMemory& memory, Done done) {
  socket.channel().BeginRead(
      ReadOperation<Room, Done>::New(HandlerAllocator<void>(memory), std::move(done), room));
}

// The same into a `room` that is there already.
template <typename Done>
void ReadSome(StreamSocket& socket, std::span<char> room, HandlerMemory& memory, Done done) {
  ReadSome(
      socket, [room] { return room; }, memory, std::move(done));
}

template <typename Done>
void WriteSome(StreamSocket& socket, std::string_view bytes, HandlerMemory& memory, Done done) {
  socket.channel().BeginWrite(
      WriteOperation<Done>::New(HandlerAllocator<void>(memory), std::move(done), bytes));
}

// Calls `done`, with no error, in the reactor's next turn, after others have had theirs.
template <typename Done>
void AwaitTurn(StreamSocket& socket, HandlerMemory& memory, Done done) {
  using Allocator = HandlerAllocator<void>;
  socket.channel().Finish(WaitOperation<Allocator, Done>::New(Allocator(memory), std::move(done)));
}

// Writes what fits without waiting and returns how much that was; 0 with would_block if nothing
// did.
[[nodiscard]] std::size_t WriteNow(StreamSocket& socket, std::string_view bytes,
                                   SocketError& error);

// True if WriteNow may go on once the socket is ready.
[[nodiscard]] bool WouldBlock(const SocketError& error) noexcept;

}  // namespace stile

#endif  // STILE_SERVICE_STREAM_SOCKET_H_
