#ifndef STILE_SERVICE_TIMER_WHEEL_H_
#define STILE_SERVICE_TIMER_WHEEL_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace stile {

using Instant = std::chrono::steady_clock::time_point;

// The monotonic clock, some milliseconds behind, at the cost of a memory read.
[[nodiscard]] Instant CoarseNow() noexcept;

// The deadlines of one event loop. To move a deadline back, which happens with every byte, is one
// store: the node is put where it belongs when its old slot comes up. Deadlines are met up to
// kTick late and never early.
class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{50};

  // Something with a deadline.
  class Node {
   public:
    Node() = default;
    virtual ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // The deadline has passed; the node is disarmed. May arm or destroy any node. May throw where
    // there is no memory, if it has let go of what it was about: nobody calls it again.
    virtual void OnDeadline() = 0;

   private:
    friend class TimerWheel;
    void Unlink() noexcept;

    TimerWheel* wheel_ = nullptr;  // Null: disarmed.
    Node* previous_ = nullptr;
    Node* next_ = nullptr;
    Instant deadline_{};
    std::int64_t tick_ = 0;  // When its slot comes up; not after the deadline's own tick.
  };

  explicit TimerWheel(Instant now) noexcept;
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  void Arm(Node& node, Instant deadline) noexcept;
  static void Disarm(Node& node) noexcept { node.Unlink(); }

  // Calls OnDeadline of every node whose deadline is not after `now`. A node may call it again from
  // there.
  void Advance(Instant now) noexcept;

  [[nodiscard]] bool empty() const noexcept { return armed_ == 0; }

 private:
  // A list head: as a node it has no deadline.
  struct Slot final : Node {
    void OnDeadline() override {}
  };
  static constexpr std::size_t kSlots = 1024;  // 51 s; longer deadlines take another turn.

  [[nodiscard]] static std::int64_t TickOf(Instant time) noexcept;
  void Link(Node& node) noexcept;
  static void InsertBefore(Node& position, Node& node) noexcept;
  // Moves all nodes of a slot, in their order, to one that holds none.
  static void TakeAll(Slot& from, Slot& to) noexcept;

  std::int64_t now_;  // The last tick that was advanced to.
  std::size_t armed_ = 0;
  std::array<Slot, kSlots> slots_;
};

}  // namespace stile

#endif  // STILE_SERVICE_TIMER_WHEEL_H_
