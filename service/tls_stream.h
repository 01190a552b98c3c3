#ifndef STILE_SERVICE_TLS_STREAM_H_
#define STILE_SERVICE_TLS_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "service/openssl_handle.h"
#include "service/tls_context.h"
#include "service/tls_failure.h"

namespace stile {

// The TLS side of one client's connection. Reads and writes its socket's descriptor, which it
// doesn't own, and never waits. Between records it holds no buffer.
class TlsStream {
 public:
  enum class Status : std::uint8_t {
    kFailed = 0,  // The connection is of no more use.
    kDone,
    kAwaitsRead,   // Again once the descriptor can be read,
    kAwaitsWrite,  // or written.
    kEnded,        // The client has said that it sends nothing more.
  };
  struct Step {
    Status status = Status::kFailed;
    std::size_t size = 0;  // Bytes of plain text.
  };

  // `received` is what has been read from `descriptor` already. Null if there is no memory.
  [[nodiscard]] static std::unique_ptr<TlsStream> Create(std::shared_ptr<const TlsContext> context,
                                                         int descriptor, std::string_view received);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  [[nodiscard]] Step Handshake();
  [[nodiscard]] Step Read(std::span<char> room);
  // After kAwaits* it must be called again with the same bytes in front.
  [[nodiscard]] Step Write(std::string_view bytes);

  // Says that we send nothing more, if that can be said without waiting.
  void CloseNotify();

  // The descriptor may have something to read. The next step may read it, a bounded number of
  // times, so that a client that floods us has to wait for its turn like the others; a step without
  // this before it makes do with what is held.
  void OnReadable() noexcept {
    drained_ = false;
    reads_left_ = kReadsAtOnce;
  }
  // True if there is input that Read needn't wait for, or a part of it.
  [[nodiscard]] bool holds_input() const noexcept {
    return !received_.empty() || SSL_has_pending(ssl_.get()) == 1;
  }
  // It is gone.
  void Detach() noexcept { descriptor_ = -1; }

  // Why Handshake failed.
  [[nodiscard]] TlsFailure failure() const noexcept { return failure_; }
  // True if the client has sent anything.
  [[nodiscard]] bool heard() const noexcept { return heard_; }
  [[nodiscard]] bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }

 private:
  static constexpr std::uint8_t kReadsAtOnce = 4;

  TlsStream(std::shared_ptr<const TlsContext> context, int descriptor, std::string_view received)
      : context_(std::move(context)), descriptor_(descriptor), received_(received) {}

  [[nodiscard]] Step Outcome(int result);
  static const BIO_METHOD* Method();
  static int OnBioRead(BIO* bio, char* out, int size);
  static int OnBioWrite(BIO* bio, const char* bytes, int size);
  static long OnBioControl(BIO* bio, int command, long number, void* pointer);

  std::shared_ptr<const TlsContext> context_;
  OpensslHandle<SSL> ssl_;
  int descriptor_;
  std::string received_;  // Comes before what the descriptor has.
  bool drained_ = false;  // The last read took all there was.
  bool at_end_ = false;   // The client has closed its side of the socket.
  bool heard_ = false;
  bool broken_ = false;  // By an error, after which nothing may be said.
  bool established_ = false;
  TlsFailure failure_ = TlsFailure::kNone;
  std::uint8_t reads_left_ = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_TLS_STREAM_H_
