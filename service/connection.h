#ifndef STILE_SERVICE_CONNECTION_H_
#define STILE_SERVICE_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <exception>

#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "service/timer_wheel.h"

namespace stile {

// A client's connection as its event loop knows it. The loop holds it from EventLoop::Add until
// EventLoop::Remove; operations that are pending hold it too.
class Connection : public boost::intrusive_ref_counter<Connection, boost::thread_unsafe_counter>,
                   public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::safe_link>>,
                   public TimerWheel::Node {
 public:
  using Ptr = boost::intrusive_ptr<Connection>;

  // What is still listened to behind the last answer, so that closing doesn't take it away again.
  static constexpr std::size_t kMaxLinger = 256 * 1024;  // Bytes.
  static constexpr std::chrono::seconds kLingerTime{2};

  ~Connection() override = default;

  // Held by whatever calls into a connection: if that ends with an exception, so that there is no
  // memory for it to go on, the connection is closed, and nothing of it waits for ever.
  class Guard {
   public:
    explicit Guard(Connection& connection) noexcept : connection_(&connection) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() {
      if (std::uncaught_exceptions() != 0) connection_->Close();
    }

   private:
    boost::intrusive_ptr<Connection> connection_;
  };

  // Ends the connection at once and leaves the loop. Called again, does nothing.
  virtual void Close() noexcept = 0;

  // The loop wants to end: the connection closes once what is under way is done, or, if that is
  // nothing and nothing comes, at the loop's idle_end.
  virtual void BeginDrain() = 0;
};

}  // namespace stile

#endif  // STILE_SERVICE_CONNECTION_H_
