#ifndef STILE_SERVICE_TRANSPORT_H_
#define STILE_SERVICE_TRANSPORT_H_

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "service/handler_memory.h"
#include "service/memory_refusals.h"
#include "service/stream_socket.h"
#include "service/tls_stream.h"

namespace stile {

// What carries the bytes of a connection: its socket, with TLS or without. Read and written like a
// StreamSocket, whose functions these are where there is no TLS. Moved only while nothing is
// pending on it.
class Transport {
 public:
  Transport(StreamSocket socket) : socket_(std::move(socket)) {}  // NOLINT: a socket is one.
  Transport(StreamSocket socket, std::unique_ptr<TlsStream> tls)
      : socket_(std::move(socket)), tls_(std::move(tls)) {}

  [[nodiscard]] StreamSocket& socket() noexcept { return socket_; }
  [[nodiscard]] TlsStream* tls() noexcept { return tls_.get(); }  // Null: without.

  // Tells the other end, where it can be told, that all has been said. Without it, or ShutdownSend,
  // what was sent last looks cut through TLS.
  void Part() {
    if (tls_) tls_->CloseNotify();
  }
  void ShutdownSend(SocketError& error) {
    Part();
    socket_.shutdown(StreamSocket::shutdown_send, error);
  }
  void Close() {
    if (tls_) tls_->Detach();  // Another connection may get the descriptor.
    SocketError ignored;
    socket_.close(ignored);
  }

 private:
  StreamSocket socket_;
  std::unique_ptr<TlsStream> tls_;
};

// How a step of TLS that doesn't wait went, in the socket's words.
[[nodiscard]] inline SocketError ErrorOf(TlsStream::Status status) {
  switch (status) {
    case TlsStream::Status::kDone:
      return {};
    case TlsStream::Status::kEnded:
      return boost::asio::error::eof;
    case TlsStream::Status::kAwaitsRead:
    case TlsStream::Status::kAwaitsWrite:
      return boost::asio::error::would_block;
    case TlsStream::Status::kFailed:
      break;
  }
  return boost::asio::error::connection_reset;
}

// Without renegotiation nothing that is written waits for the client, but after a handshake message
// that it has sent a part of. It may keep the rest for ever, so that is the end.
[[nodiscard]] inline TlsStream::Step WriteThrough(TlsStream& tls, std::string_view bytes) {
  const TlsStream::Step step = tls.Write(bytes);
  return step.status == TlsStream::Status::kAwaitsRead ? TlsStream::Step() : step;
}

// Calls `again` once what `status` waits for may be there.
template <typename Again>
void AwaitTls(Transport& transport, TlsStream::Status status, HandlerMemory& memory, Again again) {
  const bool to_read = status == TlsStream::Status::kAwaitsRead;
  transport.socket().async_wait(
      to_read ? StreamSocket::wait_read : StreamSocket::wait_write,
      boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(again)));
}

// One read or write through TLS on its way: `step` is called until it doesn't have to wait.
template <typename Step, typename Done>
struct TlsOperation {
  Transport* transport;
  HandlerMemory* memory;
  Step step;
  Done done;
  bool waited = true;  // For the descriptor, rather than for its turn alone.

  void operator()(const SocketError& error) {
    if (error) return done(error, 0);
    // What was posted can't be taken back when the socket is closed.
    if (transport->socket().native_handle() < 0) {
      return done(boost::asio::error::operation_aborted, 0);
    }
    TlsStream& tls = *transport->tls();
    if (waited) tls.OnReadable();
    TlsStream::Step outcome;
    try {
      outcome = step(tls);
    } catch (const std::exception&) {
      NoteMemoryRefusal(MemoryPlace::kLoop);
      return done(boost::asio::error::no_memory, 0);
    }
    if (Waits(outcome)) return Wait(outcome.status);
    done(ErrorOf(outcome.status), outcome.size);
  }

  void Wait(TlsStream::Status status) {
    waited = true;
    Transport& on = *transport;
    HandlerMemory& place = *memory;
    AwaitTls(on, status, place, std::move(*this));
  }

  // For a step that needn't wait. `done` is never called before this returns.
  void Post() {
    waited = false;
    HandlerMemory& place = *memory;
    boost::asio::post(
        transport->socket().get_executor(),
        boost::asio::bind_allocator(HandlerAllocator<void>(place),
                                    [self = std::move(*this)]() mutable { self(SocketError()); }));
  }

 private:
  static bool Waits(const TlsStream::Step& outcome) {
    return outcome.status == TlsStream::Status::kAwaitsRead ||
           outcome.status == TlsStream::Status::kAwaitsWrite;
  }
};

template <std::invocable Room, typename Done>
void ReadSome(Transport& transport, Room room, HandlerMemory& memory, Done done) {
  if (transport.tls() == nullptr) {
    return ReadSome(transport.socket(), room, memory, std::move(done));
  }
  auto step = [room](TlsStream& tls) { return tls.Read(room()); };
  TlsOperation<decltype(step), Done> read{&transport, &memory, step, std::move(done)};
  // What the descriptor has waits for the loop's next turn, so that others have theirs.
  if (transport.tls()->holds_input()) return read.Post();
  read.Wait(TlsStream::Status::kAwaitsRead);
}

// Waits before it tries: for what WriteNow couldn't write.
template <typename Done>
void WriteSome(Transport& transport, std::string_view bytes, HandlerMemory& memory, Done done) {
  if (transport.tls() == nullptr) {
    return WriteSome(transport.socket(), bytes, memory, std::move(done));
  }
  auto step = [bytes](TlsStream& tls) { return WriteThrough(tls, bytes); };
  TlsOperation<decltype(step), Done> write{&transport, &memory, step, std::move(done)};
  write.Wait(TlsStream::Status::kAwaitsWrite);
}

inline std::size_t WriteNow(Transport& transport, std::string_view bytes, SocketError& error) {
  if (transport.tls() == nullptr) return WriteNow(transport.socket(), bytes, error);
  const TlsStream::Step outcome = WriteThrough(*transport.tls(), bytes);
  error = ErrorOf(outcome.status);
  return outcome.size;
}

}  // namespace stile

#endif  // STILE_SERVICE_TRANSPORT_H_
