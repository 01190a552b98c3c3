#ifndef STILE_SERVICE_ORDER_DESK_H_
#define STILE_SERVICE_ORDER_DESK_H_

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "service/plain_http.h"

namespace stile {

// Where another thread leaves an order for the main thread and waits for its outcome, so that what
// an operator asks for happens where signals are acted on, one thing after the other.
class OrderDesk {
 public:
  using Order = std::function<PlainReply()>;

  // `wake` makes whoever serves look here. Any thread calls it.
  explicit OrderDesk(std::function<void()> wake);
  ~OrderDesk();
  OrderDesk(const OrderDesk&) = delete;
  OrderDesk& operator=(const OrderDesk&) = delete;

  // Has `order` carried out and returns what came of it. nullopt if that takes longer than `limit`
  // or the desk is closed: an order that was not begun by then never is. Also if it ended for lack
  // of memory, whatever it had done by then. Any thread.
  [[nodiscard]] std::optional<PlainReply> Ask(Order order, std::chrono::milliseconds limit);

  // Carries out what is waiting. The main thread.
  void Serve();

  // Turns away whoever waits and whoever comes.
  void Close();

 private:
  struct Ticket;

  std::function<void()> wake_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Ticket>> waiting_;
  bool closed_ = false;
};

}  // namespace stile

#endif  // STILE_SERVICE_ORDER_DESK_H_
