#ifndef STILE_SERVICE_UPSTREAM_POOL_H_
#define STILE_SERVICE_UPSTREAM_POOL_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "service/config.h"
#include "service/deadline_timer.h"
#include "service/reactor.h"
#include "service/upstream_connection.h"

namespace stile {

// One event loop's connections to one upstream, and where the upstream is. Owned by the routing
// that names it and by its connections.
class UpstreamPool : public std::enable_shared_from_this<UpstreamPool> {
 public:
  using Endpoint = boost::asio::generic::stream_protocol::endpoint;

  // An idle connection is closed after this long; a name is looked up again after this long.
  static constexpr std::chrono::seconds kIdleTime{60};
  static constexpr std::chrono::seconds kNameTime{30};

  UpstreamPool(Reactor& reactor, DeadlineTimer& timer, SocketAddress address);

  // The connection that became idle last; null if there is none. A request that is not `retryable`
  // gets one only if that was in use a moment ago and is open still.
  [[nodiscard]] UpstreamConnection::Ptr TakeIdle(bool retryable);
  [[nodiscard]] UpstreamConnection::Ptr New();
  // Takes a connection back that can carry another request. Keeps at most `max_idle` of them.
  // Closes it if there is no memory to keep it.
  void Give(const UpstreamConnection::Ptr& connection, std::size_t max_idle) noexcept;
  // Closes an idle connection.
  void Remove(UpstreamConnection& connection);

  // Closes every idle connection and keeps none from now on.
  void Close();

  // Calls `done` once there are endpoints(), or there can't be: at once if any are known. A name is
  // looked up again from time to time meanwhile.
  void Resolve(std::function<void(bool)> done);
  // None of the endpoints answers: look the name up again next time.
  void ForgetEndpoints() noexcept { resolved_at_ = Instant(); }
  [[nodiscard]] const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }

  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }
  [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }

 private:
  void LookUp();
  void OnLookup(const SocketError& error,
                const boost::asio::ip::tcp::resolver::results_type& results);

  Reactor& reactor_;
  DeadlineTimer& timer_;
  SocketAddress address_;
  std::vector<Endpoint> endpoints_;
  bool is_name_ = false;
  bool closed_ = false;
  bool looking_up_ = false;
  std::vector<std::function<void(bool)>> awaiting_;  // For the first endpoints.
  Instant resolved_at_{};
  boost::asio::ip::tcp::resolver resolver_;
  std::vector<UpstreamConnection::Ptr> idle_;  // The last became idle last.
};

}  // namespace stile

#endif  // STILE_SERVICE_UPSTREAM_POOL_H_
