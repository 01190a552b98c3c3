#include "service/order_desk.h"

#include <condition_variable>
#include <utility>

#include "service/memory_refusals.h"

namespace stile {

struct OrderDesk::Ticket {
  Order order;
  bool withdrawn = false;  // Of the desk's mutex, as all that follows.
  bool turned_away = false;
  std::optional<PlainReply> reply;
  std::condition_variable changed;
};

OrderDesk::OrderDesk(std::function<void()> wake) : wake_(std::move(wake)) {}

OrderDesk::~OrderDesk() { Close(); }

std::optional<PlainReply> OrderDesk::Ask(Order order, std::chrono::milliseconds limit) {
  const auto ticket = std::make_shared<Ticket>();
  ticket->order = std::move(order);
  std::unique_lock lock(mutex_);
  if (closed_) return std::nullopt;
  waiting_.push_back(ticket);
  wake_();
  ticket->changed.wait_for(lock, limit, [&] { return ticket->reply || ticket->turned_away; });
  ticket->withdrawn = true;
  return std::move(ticket->reply);
}

void OrderDesk::Serve() {
  while (true) {
    std::shared_ptr<Ticket> ticket;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;
      ticket = std::move(waiting_.front());
      waiting_.pop_front();
      if (ticket->withdrawn) continue;
    }
    std::optional<PlainReply> reply;
    // Without memory whoever asked hears that it was not done.
    Attempt(MemoryPlace::kMain, [&] { reply = ticket->order(); });
    const std::lock_guard lock(mutex_);
    ticket->turned_away = !reply;
    ticket->reply = std::move(reply);
    ticket->changed.notify_all();
  }
}

void OrderDesk::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& ticket : waiting_) {
    ticket->turned_away = true;
    ticket->changed.notify_all();
  }
  waiting_.clear();
}

}  // namespace stile
