#ifndef STILE_BENCH_FLOOD_LIVE_WEB_CLIENT_H_
#define STILE_BENCH_FLOOD_LIVE_WEB_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stile::bench {

// What a server said.
struct WebReply {
  std::uint32_t asker = 0;
  int status = 0;    // 0: the connection broke.
  std::string head;  // With its fields.
  std::string body;

  // The value of the first field of this name, in any case; empty if there is none.
  [[nodiscard]] std::string_view Field(std::string_view name) const;
};

// Many requests at once to one address, over connections that are kept for the next request. One
// thread.
class WebClient {
 public:
  explicit WebClient(std::uint16_t port);  // Of 127.0.0.1. Ends the process if there is no epoll.
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  // Sends `request` whole; the reply will name `asker`.
  void Send(std::uint32_t asker, std::string_view request);

  // Waits up to `millis` for replies, and returns those that came. Good until the next call.
  [[nodiscard]] const std::vector<WebReply>& Poll(int millis);

  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }

 private:
  struct Connection {
    int descriptor = -1;
    std::uint32_t asker = 0;
    bool busy = false;
    std::string held;  // Of the reply, as far as it has come.
  };

  [[nodiscard]] std::size_t Free();
  void Read(std::size_t number);
  [[nodiscard]] bool Finish(Connection& connection);
  void Break(std::size_t number);

  std::uint16_t port_;
  int epoll_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> idle_;  // Open connections without a request.
  std::vector<std::size_t> shut_;  // Places without a connection.
  std::vector<WebReply> replies_;  // For the next Poll to return,
  std::vector<WebReply> given_;    // and those that the last one did.
  std::size_t under_way_ = 0;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_LIVE_WEB_CLIENT_H_
