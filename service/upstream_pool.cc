#include "service/upstream_pool.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "service/memory_refusals.h"

namespace stile {
namespace {

// Upstreams close idle connections after some seconds, and may do so just now: a request that can't
// be sent again goes over one that was in use less long ago than that.
constexpr std::chrono::milliseconds kSurelyOpen{1500};

constexpr std::size_t kMaxAwaiting = 1024;  // Requests that wait for the name's first addresses.

}  // namespace

UpstreamPool::UpstreamPool(Reactor& reactor, DeadlineTimer& timer, SocketAddress address)
    : reactor_(reactor), timer_(timer), address_(std::move(address)), resolver_(reactor.tasks()) {
  if (address_.is_unix) {
    endpoints_.emplace_back(boost::asio::local::stream_protocol::endpoint(address_.path));
    return;
  }
  SocketError error;
  const auto literal = boost::asio::ip::make_address(address_.host, error);
  if (error) {
    is_name_ = true;
  } else {
    endpoints_.emplace_back(boost::asio::ip::tcp::endpoint(literal, address_.port));
  }
}

UpstreamConnection::Ptr UpstreamPool::TakeIdle(bool retryable) {
  const std::chrono::milliseconds max_idle = retryable ? kIdleTime : kSurelyOpen;
  while (!idle_.empty() && CoarseNow() - idle_.back()->idle_since() <= max_idle) {
    UpstreamConnection::Ptr connection = std::move(idle_.back());
    idle_.pop_back();
    DeadlineTimer::Disarm(*connection);
    if (retryable || connection->quiet()) return connection;
    connection->Close();
  }
  return {};
}

UpstreamConnection::Ptr UpstreamPool::New() {
  return UpstreamConnection::Ptr(new UpstreamConnection(shared_from_this()));
}

void UpstreamPool::Give(const UpstreamConnection::Ptr& connection, std::size_t max_idle) noexcept {
  if (closed_ || idle_.size() >= max_idle) return connection->Close();
  try {
    connection->Rest(CoarseNow());
    connection->Read();
    timer_.Arm(*connection, kIdleTime);
    idle_.push_back(connection);
  } catch (const std::exception&) {  // Another one can be made; whom it served has all.
    NoteMemoryRefusal(MemoryPlace::kLoop);
    connection->Close();
  }
}

void UpstreamPool::Remove(UpstreamConnection& connection) {
  const UpstreamConnection::Ptr kept(&connection);
  std::erase(idle_, kept);
  connection.Close();
}

void UpstreamPool::Close() {
  closed_ = true;
  resolver_.cancel();
  for (const UpstreamConnection::Ptr& connection : std::exchange(idle_, {})) connection->Close();
}

void UpstreamPool::Resolve(std::function<void(bool)> done) {
  if (!is_name_ || (resolved_at_ != Instant() && CoarseNow() - resolved_at_ < kNameTime)) {
    return done(!endpoints_.empty());
  }
  // A name service that is slow or away doesn't take the upstream with it: addresses that were good
  // are used while it is asked, once for all who wait.
  if (!endpoints_.empty()) {
    if (!looking_up_) LookUp();
    return done(true);
  }
  if (awaiting_.size() >= kMaxAwaiting) return done(false);
  awaiting_.push_back(std::move(done));
  if (!looking_up_) LookUp();
}

void UpstreamPool::LookUp() {
  looking_up_ = true;
  reactor_.BeginLookup();
  const auto found = [self = shared_from_this()](
                         const SocketError& error,
                         const boost::asio::ip::tcp::resolver::results_type& results) {
    self->OnLookup(error, results);
  };
  // The first lookup starts a thread, and it may be that there can't be one more.
  try {
    resolver_.async_resolve(address_.host, std::to_string(address_.port), found);
  } catch (const std::exception&) {
    OnLookup(boost::asio::error::no_memory, {});
  }
}

void UpstreamPool::OnLookup(const SocketError& error,
                            const boost::asio::ip::tcp::resolver::results_type& results) {
  looking_up_ = false;
  reactor_.EndLookup();
  if (!error && !results.empty()) {
    ContainEvent([&] {
      std::vector<Endpoint> found;
      for (const auto& result : results) found.emplace_back(result.endpoint());
      endpoints_ = std::move(found);
      resolved_at_ = CoarseNow();
    });
  }
  for (const auto& done : std::exchange(awaiting_, {})) {
    ContainEvent([&] { done(!endpoints_.empty()); });
  }
}

}  // namespace stile
