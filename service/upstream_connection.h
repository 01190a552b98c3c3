#ifndef STILE_SERVICE_UPSTREAM_CONNECTION_H_
#define STILE_SERVICE_UPSTREAM_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "service/byte_buffer.h"
#include "service/handler_memory.h"
#include "service/response_head.h"
#include "service/stream_socket.h"
#include "service/timer_wheel.h"

namespace stile {

class UpstreamPool;

// Whether all of a buffer was handed to the kernel.
enum class Flushed : std::uint8_t { kFailed = 0, kDone, kPending };

// Whom an upstream connection works for.
class UpstreamUser {
 public:
  virtual void OnUpstreamConnected(bool connected) = 0;
  virtual void OnUpstreamRead() = 0;     // in() has more, or ended() is true.
  virtual void OnUpstreamWritten() = 0;  // After kPending; what it wrote is consumed.

 protected:
  ~UpstreamUser() = default;
};

// One connection to an upstream: used by one exchange at a time, idle in its pool between. A read
// is always pending on an idle connection, so that one which the upstream closes leaves the pool at
// once and is hardly ever found stale.
class UpstreamConnection final
    : public boost::intrusive_ref_counter<UpstreamConnection, boost::thread_unsafe_counter>,
      public TimerWheel::Node {
 public:
  using Ptr = boost::intrusive_ptr<UpstreamConnection>;

  explicit UpstreamConnection(std::shared_ptr<UpstreamPool> pool);

  void set_user(UpstreamUser* user) noexcept { user_ = user; }

  // Connects to the pool's endpoints, one after the other, and tells the user.
  void Connect();
  // Reads once, unless that is pending or the upstream has ended.
  void Read();
  // Sends what is in `out`, which the caller keeps untouched while this is pending.
  [[nodiscard]] Flushed Flush(ByteBuffer& out);
  void Close() noexcept;

  [[nodiscard]] bool writing() const noexcept { return writing_ != nullptr; }
  // True if the kernel holds neither bytes nor an end that the pending read is yet to report.
  [[nodiscard]] bool quiet() noexcept;
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  // True if the end was no orderly one: what was read may be cut short.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] ByteBuffer& in() noexcept { return in_; }
  [[nodiscard]] ResponseHead& head() noexcept { return head_; }
  [[nodiscard]] StreamSocket& socket() noexcept { return socket_; }

  // For the pool: when the connection became idle.
  void Rest(Instant now) noexcept {
    user_ = nullptr;
    idle_since_ = now;
  }
  [[nodiscard]] Instant idle_since() const noexcept { return idle_since_; }

  void OnDeadline() override;  // It was idle for too long.

 private:
  void TryEndpoint(std::size_t index);
  void Connected(bool connected);
  void Write();
  void OnRead(const SocketError& error, std::size_t size);
  void OnWritten(const SocketError& error, std::size_t size);

  std::shared_ptr<UpstreamPool> pool_;
  StreamSocket socket_;
  UpstreamUser* user_ = nullptr;
  Instant idle_since_{};
  ByteBuffer in_;
  ByteBuffer* writing_ = nullptr;  // What the pending write sends.
  bool reading_ = false;
  bool ended_ = false;
  bool broken_ = false;
  HandlerMemory read_memory_;
  HandlerMemory write_memory_;
  ResponseHead head_;
};

}  // namespace stile

#endif  // STILE_SERVICE_UPSTREAM_CONNECTION_H_
