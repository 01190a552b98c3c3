#ifndef STILE_SERVICE_SOCKET_CHANNEL_H_
#define STILE_SERVICE_SOCKET_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include <boost/system/error_code.hpp>

#include "service/reactor.h"

namespace stile {

using SocketError = boost::system::error_code;

// Something to be done with a socket once that can be done without waiting.
class SocketOperation {
 public:
  virtual ~SocketOperation() = default;
  // Tries. False: it must wait; true: `error` and `size` are its outcome.
  virtual bool Try(int descriptor) = 0;  // Throws where there is no memory.
  // Gives the operation's memory back and calls whoever waits for it.
  virtual void Complete() = 0;

  SocketError error;
  std::size_t size = 0;      // Bytes that went.
  bool took_all = false;     // A read that left nothing behind.
  bool takes_event = false;  // Done by an event alone: what is known from before doesn't count.

 private:
  friend class SocketChannel;
  SocketOperation* next_ = nullptr;
};

// A socket's place in its reactor: which operations wait for it, and what is known of its
// readiness. It is told of changes alone (EPOLLET), once for as long as it lives: no request costs
// an epoll_ctl, and none a read that finds nothing, since a read which gets less than it has room
// for has taken all there is. The other end's last word is told apart from its bytes (EPOLLRDHUP),
// so that it isn't missed when both come together.
class SocketChannel final : public Reactor::Watcher {
 public:
  explicit SocketChannel(Reactor& reactor) : reactor_(reactor) {}
  ~SocketChannel() = default;
  SocketChannel(const SocketChannel&) = delete;
  SocketChannel& operator=(const SocketChannel&) = delete;

  // Takes over a socket in non-blocking mode. Returns 0, or an errno and doesn't.
  [[nodiscard]] int Open(int descriptor) noexcept;
  // Closes the socket. Operations that wait end with operation_aborted, in the next turn.
  void Close() noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] bool owed() const noexcept { return owed_; }
  [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }

  // Has an operation wait its turn; never done before this returns. One of each kind at a time: a
  // second one ends with already_started, and one of a closed socket with bad_descriptor.
  void BeginRead(SocketOperation& operation) noexcept;
  void BeginWrite(SocketOperation& operation) noexcept;
  // Ends an operation that has its outcome already, in the next turn.
  void Finish(SocketOperation& operation) noexcept;

  void OnReady(std::uint32_t events) noexcept override;
  // What the reactor owed.
  void Run() noexcept;

 private:
  // Ends an operation that can't begin, since the socket is closed or `other` is under way.
  [[nodiscard]] bool Refuse(SocketOperation& operation, const SocketOperation* other) noexcept;
  // Whether the operation is done: also one that ends since there is no memory to try it.
  [[nodiscard]] bool Try(SocketOperation& operation) noexcept;
  void TryRead(bool event) noexcept;
  void TryWrite(bool event) noexcept;
  [[nodiscard]] std::uint32_t Events() const noexcept;
  void Owe() noexcept;

  friend class Reactor;
  Reactor& reactor_;
  int descriptor_ = -1;
  bool readable_ = false;
  bool at_end_ = false;     // The other end has said its last, or is gone.
  bool sees_room_ = false;  // Registered for EPOLLOUT too.
  bool owed_ = false;
  SocketOperation* read_ = nullptr;
  SocketOperation* write_ = nullptr;
  SocketOperation* finished_ = nullptr;  // A list of those that have their outcome.
  // The reactor's lists.
  SocketChannel* next_owed_ = nullptr;
  std::unique_ptr<SocketChannel> next_at_rest_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SOCKET_CHANNEL_H_
