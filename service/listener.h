#ifndef STILE_SERVICE_LISTENER_H_
#define STILE_SERVICE_LISTENER_H_

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "service/client_address.h"
#include "service/config.h"
#include "service/handler_memory.h"
#include "service/tls_context.h"

namespace stile {

class EventLoop;

// What a listener does with its connections.
struct ListenerPlan {
  ListenerMode mode = ListenerMode::kGateway;
  ClientAddressRule client_address;
  std::string site;               // Empty: by Host.
  std::string fingerprint_field;  // In lower case; empty: none.
  std::shared_ptr<TlsSlot> tls;   // Null: it doesn't speak TLS.

  [[nodiscard]] static std::shared_ptr<const ListenerPlan> Of(const ListenerConfig& config) {
    return std::make_shared<const ListenerPlan>(
        ListenerPlan{config.mode,
                     {config.client_address, config.trusted_peers, config.trust_unix},
                     config.site,
                     config.tls_fingerprint_field,
                     config.tls.empty() ? nullptr : std::make_shared<TlsSlot>()});
  }
};

// One listening socket of one event loop. When the process runs out of descriptors or memory it
// waits a moment and goes on; the kernel keeps the clients meanwhile.
class Listener {
 public:
  // Takes over `descriptor`, a listening socket in non-blocking mode.
  Listener(boost::asio::io_context& io, EventLoop& loop, int descriptor,
           std::shared_ptr<const ListenerPlan> plan);

  void Start() { Wait(); }
  void Close();

 private:
  using Descriptor =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;

  void Wait();
  void AcceptSome();
  void BackOff();

  EventLoop& loop_;
  std::shared_ptr<const ListenerPlan> plan_;
  Descriptor descriptor_;
  Timer timer_;
  HandlerMemory memory_;
  bool closed_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_LISTENER_H_
