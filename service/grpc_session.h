#ifndef STILE_SERVICE_GRPC_SESSION_H_
#define STILE_SERVICE_GRPC_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "service/byte_buffer.h"
#include "service/grpc_status.h"

namespace stile {

// One call to a method that takes one message and gives one.
struct GrpcCall {
  std::string_view method;   // "/package.Service/Method".
  std::string_view message;  // Borrowed for the time of the call; empty where it was too large.
  bool too_large = false;    // The message has more than GrpcSession::kMaxMessage bytes.
};

// What answers calls.
class GrpcMethods {
 public:
  // Writes the answer's message behind what is in `out`, which holds nothing of interest, and
  // returns kOk; or returns what went wrong. May throw std::bad_alloc alone, which ends the
  // connection.
  [[nodiscard]] virtual GrpcStatus Call(const GrpcCall& call, std::string& out) = 0;
  // True if nothing of `method`'s message is to be read: it is called as if it were too large.
  [[nodiscard]] virtual bool RefusesUnread(std::string_view method) noexcept = 0;

 protected:
  ~GrpcMethods() = default;
};

// The server's end of one HTTP/2 connection on which gRPC is spoken, without the socket: bytes of
// the peer go in, and bytes for it come out. Calls are answered while their last byte is taken in.
//
// Bounded whatever the peer does: kMaxCalls calls at a time, each with a message of kMaxMessage
// bytes and kMaxHeaders bytes of header fields. What floods it with resets, pings, settings or
// continuations has its connection ended by the library that reads the frames, nghttp2. A call
// that is no gRPC (by its method, content type, message frame) gets the status that says so.
//
// gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
class GrpcSession {
 public:
  static constexpr std::uint32_t kMaxCalls = 100;
  static constexpr std::size_t kMaxMessage = 256 * 1024;
  static constexpr std::size_t kMaxHeaders = 16 * 1024;

  // How every connection that speaks HTTP/2 with prior knowledge begins.
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  // Throws std::bad_alloc, as everything here may that isn't noexcept. `methods` outlives it.
  explicit GrpcSession(GrpcMethods& methods);
  ~GrpcSession();
  GrpcSession(const GrpcSession&) = delete;
  GrpcSession& operator=(const GrpcSession&) = delete;

  // Takes bytes in, the preface first. False if nothing more can be made of the connection: what is
  // to be sent yet says why.
  [[nodiscard]] bool Receive(std::string_view bytes);
  // Writes what is to be sent behind what is in `out`, until that has `enough` bytes. False if
  // there is no memory.
  [[nodiscard]] bool Send(ByteBuffer& out, std::size_t enough);

  // Tells the peer to make no new calls here. Those that cross it on the way are answered.
  void Announce();
  // Tells the peer which call was the last one to be answered. Others are ignored.
  void Finish();

  // True once nothing is to be sent or received any more.
  [[nodiscard]] bool done() const noexcept;
  // Calls that are under way, and those of them whose message has not come whole.
  [[nodiscard]] std::size_t calls() const noexcept;
  [[nodiscard]] std::size_t incomplete() const noexcept;
  // How many calls were answered so far.
  [[nodiscard]] std::uint64_t answered() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_GRPC_SESSION_H_
