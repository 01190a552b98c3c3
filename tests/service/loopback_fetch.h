#ifndef STILE_TESTS_SERVICE_LOOPBACK_FETCH_H_
#define STILE_TESTS_SERVICE_LOOPBACK_FETCH_H_

#include <string>
#include <string_view>

#include "service/config.h"

namespace stile {

// A connection to a server under test, which fails the test after ten seconds without a byte.
class LoopbackConnection {
 public:
  explicit LoopbackConnection(const SocketAddress& address);
  ~LoopbackConnection();
  LoopbackConnection(const LoopbackConnection&) = delete;
  LoopbackConnection& operator=(const LoopbackConnection&) = delete;

  void Send(std::string_view bytes) const;
  // Reads until `end` has arrived or the server closes, and returns all of it.
  [[nodiscard]] std::string ReadUntil(std::string_view end) const;
  [[nodiscard]] std::string ReadToEnd() const;

 private:
  int socket_;
};

// Sends "GET <path>" with Connection: close and returns the whole answer.
[[nodiscard]] std::string Fetch(const SocketAddress& address, std::string_view path);

}  // namespace stile

#endif  // STILE_TESTS_SERVICE_LOOPBACK_FETCH_H_
