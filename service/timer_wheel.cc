#include "service/timer_wheel.h"

#include <time.h>

#include <algorithm>

#include "service/memory_refusals.h"

namespace stile {

Instant CoarseNow() noexcept {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

TimerWheel::Node::~Node() { Unlink(); }

void TimerWheel::Node::Unlink() noexcept {
  if (wheel_ == nullptr) return;
  --wheel_->armed_;
  wheel_ = nullptr;
  previous_->next_ = next_;
  next_->previous_ = previous_;
}

// As Advance has it: what is armed for the tick in progress comes up when that tick has passed.
TimerWheel::TimerWheel(Instant now) noexcept : now_(TickOf(now) - 1) {
  for (Slot& slot : slots_) slot.previous_ = slot.next_ = &slot;
}

TimerWheel::~TimerWheel() {
  for (Slot& slot : slots_) {
    while (slot.next_ != &slot) slot.next_->Unlink();
  }
}

// Rounded up, so that a tick that has come up is never before the deadline.
std::int64_t TimerWheel::TickOf(Instant time) noexcept {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  return (since.count() + kTick.count()) / kTick.count();
}

void TimerWheel::InsertBefore(Node& position, Node& node) noexcept {
  node.previous_ = position.previous_;
  node.next_ = &position;
  position.previous_->next_ = &node;
  position.previous_ = &node;
}

void TimerWheel::TakeAll(Slot& from, Slot& to) noexcept {
  to.previous_ = to.next_ = &to;
  if (from.next_ == &from) return;
  to.next_ = from.next_;
  to.previous_ = from.previous_;
  to.next_->previous_ = to.previous_->next_ = &to;
  from.previous_ = from.next_ = &from;
}

void TimerWheel::Link(Node& node) noexcept {
  const std::int64_t last = now_ + static_cast<std::int64_t>(kSlots) - 1;
  node.tick_ = std::clamp(TickOf(node.deadline_), now_ + 1, last);
  node.wheel_ = this;
  ++armed_;
  InsertBefore(slots_[static_cast<std::size_t>(node.tick_) % kSlots], node);
}

void TimerWheel::Arm(Node& node, Instant deadline) noexcept {
  node.deadline_ = deadline;
  if (node.wheel_ != nullptr) {
    if (TickOf(deadline) >= node.tick_) return;
    node.Unlink();
  }
  Link(node);
}

void TimerWheel::Advance(Instant now) noexcept {
  // A tick has come up once all of it has passed.
  const std::int64_t until = TickOf(now) - 1;
  if (armed_ == 0) {
    now_ = std::max(now_, until);
    return;
  }
  while (now_ < until) {
    ++now_;
    // Off the wheel first: what is armed from here on may come to this slot again, for its next
    // turn, since a node that fires on an otherwise empty wheel may advance it.
    Slot due;
    TakeAll(slots_[static_cast<std::size_t>(now_) % kSlots], due);
    while (due.next_ != &due) {
      Node& node = *due.next_;
      node.Unlink();
      if (node.deadline_ > now) {
        Link(node);
      } else {
        ContainEvent([&node] { node.OnDeadline(); });
      }
    }
  }
}

}  // namespace stile
