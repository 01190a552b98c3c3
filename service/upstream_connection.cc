#include "service/upstream_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <span>
#include <utility>

#include <boost/asio/error.hpp>

#include "service/memory_refusals.h"
#include "service/upstream_pool.h"

namespace stile {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kLeastRead = 2 * 1024;

}  // namespace

UpstreamConnection::UpstreamConnection(std::shared_ptr<UpstreamPool> pool)
    : pool_(std::move(pool)), socket_(pool_->reactor()) {}

void UpstreamConnection::Connect() {
  pool_->Resolve([self = Ptr(this)](bool resolved) {
    if (self->user_ == nullptr) return;
    if (resolved) {
      self->TryEndpoint(0);
    } else {
      self->Connected(false);
    }
  });
}

void UpstreamConnection::TryEndpoint(std::size_t index) {
  if (index >= pool_->endpoints().size()) return Connected(false);
  const UpstreamPool::Endpoint endpoint = pool_->endpoints()[index];
  const auto done = [self = Ptr(this), index](const SocketError& failure) {
    if (self->user_ == nullptr) return;
    if (failure) {
      self->TryEndpoint(index + 1);
    } else {
      self->Connected(true);
    }
  };
  try {
    socket_.Connect(endpoint.data(), static_cast<socklen_t>(endpoint.size()), write_memory_, done);
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kLoop);
    Connected(false);
  }
}

void UpstreamConnection::Connected(bool connected) {
  if (!connected) pool_->ForgetEndpoints();
  if (user_ != nullptr) user_->OnUpstreamConnected(connected);
}

void UpstreamConnection::Read() {
  if (reading_ || ended_) return;
  const std::span<char> room = in_.Room(in_.empty() ? kReadSize : kLeastRead);
  reading_ = true;
  ReadSome(socket_, room, read_memory_,
           [self = Ptr(this)](const SocketError& error, std::size_t size) {
             self->OnRead(error, size);
           });
}

void UpstreamConnection::OnRead(const SocketError& error, std::size_t size) {
  reading_ = false;
  in_.Commit(size);
  if (error) {
    ended_ = true;
    broken_ = error != boost::asio::error::eof;
  }
  if (user_ != nullptr) {
    user_->OnUpstreamRead();
  } else {
    pool_->Remove(*this);  // Closed by the upstream, or it speaks without being asked.
  }
}

bool UpstreamConnection::quiet() noexcept {
  char byte = 0;
  return recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

Flushed UpstreamConnection::Flush(ByteBuffer& out) {
  while (!out.empty()) {
    SocketError error;
    out.Consume(WriteNow(socket_, out.view(), error));
    if (WouldBlock(error)) {
      writing_ = &out;
      Write();
      return Flushed::kPending;
    }
    if (error) return Flushed::kFailed;
  }
  return Flushed::kDone;
}

void UpstreamConnection::Write() {
  WriteSome(socket_, writing_->view(), write_memory_,
            [self = Ptr(this)](const SocketError& error, std::size_t size) {
              self->OnWritten(error, size);
            });
}

void UpstreamConnection::OnWritten(const SocketError& error, std::size_t size) {
  // Without a user the buffer may be gone.
  ByteBuffer* const out = std::exchange(writing_, nullptr);
  if (user_ == nullptr) return;
  // After an error the user finds out by writing again, or by what the upstream answered.
  if (!error) out->Consume(size);
  user_->OnUpstreamWritten();
}

void UpstreamConnection::Close() noexcept {
  user_ = nullptr;
  ended_ = true;
  DeadlineTimer::Disarm(*this);
  SocketError ignored;
  socket_.close(ignored);
}

void UpstreamConnection::OnDeadline() { pool_->Remove(*this); }

}  // namespace stile
