#ifndef STILE_SERVICE_REDEEM_DESK_H_
#define STILE_SERVICE_REDEEM_DESK_H_

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include <absl/status/status.h>

#include "challenge/hmac_key.h"
#include "verifier/puzzle_check.h"
#include "verifier/redeem_memo.h"

namespace stile {

// Who had a solution checked and hears of it later.
class CheckReceiver {
 public:
  // Called at most once for each ticket, on the desk's thread: it must hand the outcome over, which
  // is kSolved or kUnsolved, and return.
  virtual void OnChecked(std::uint64_t ticket, PuzzleCheck::State outcome) noexcept = 0;

 protected:
  ~CheckReceiver() = default;
};

// Why a solution isn't checked now. Its sender may send it again.
enum class DeskRefusal : std::uint8_t {
  kNone = 0,       // It is.
  kFull = 1,       // As many wait as may.
  kPrefix = 2,     // As many of these addresses wait as may.
  kChallenge = 3,  // As many solutions of this challenge wait as it has tries.
  kClosed = 4,     // The end is near.
  kLate = 5,       // It has waited for too long.
};
inline constexpr std::size_t kDeskRefusalCount = 6;
[[nodiscard]] std::string_view DeskRefusalName(DeskRefusal refusal) noexcept;

// What a desk has counted. Any thread reads.
struct DeskTotals {
  // Upper bounds of `took`, in seconds.
  static constexpr std::array<double, 7> kBounds = {1e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 1e-1, 1.0};

  std::atomic<std::uint64_t> waiting{0};  // Of now.
  std::atomic<std::uint64_t> solved{0};
  std::atomic<std::uint64_t> unsolved{0};
  std::atomic<std::uint64_t> forgotten{0};  // Nobody wanted to know any more.
  std::array<std::atomic<std::uint64_t>, kDeskRefusalCount> refused{};
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> took{};  // From its coming to its end.
  std::atomic<std::uint64_t> took_micros{0};
};

// Where event loops have hashwx solutions checked: by a thread of its own that yields to theirs,
// one after the other, part by part. So whoever has a clearance never waits behind those who want
// one. What may wait is bounded, and so is what one address prefix and one challenge may have
// waiting. Takes no memory once it is made. Safe to use from many threads at once.
class RedeemDesk {
 public:
  static constexpr std::size_t kRoom = 512;  // Solutions; some 25 ms of a core.
  static constexpr std::size_t kRoomOfPrefix = kRoom / 8;
  // So that no challenge gets more tries than the memo would give it one after the other.
  static constexpr std::size_t kRoomOfChallenge = RedeemMemo::kMaxBadSolutions;

  RedeemDesk() = default;
  ~RedeemDesk();  // Closes.
  RedeemDesk(const RedeemDesk&) = delete;
  RedeemDesk& operator=(const RedeemDesk&) = delete;

  // Starts the thread; until then what is placed waits. Returns ResourceExhausted if the system
  // gives no thread.
  [[nodiscard]] absl::Status Start();

  // Has a copy of `check`, which is open, carried out for a client of the prefix `prefix`. With
  // kNone `receiver`, which outlives Close, hears of it with `ticket`. Never waits for a check.
  [[nodiscard]] DeskRefusal Place(const PuzzleCheck& check, std::uint64_t prefix,
                                  CheckReceiver& receiver, std::uint64_t ticket) noexcept;
  // Nobody wants to know any more: what isn't checked yet won't be. The receiver may hear of it all
  // the same if it is being checked in this moment.
  void Forget(const CheckReceiver& receiver, std::uint64_t ticket) noexcept;
  // Counts that a receiver stopped waiting.
  void NoteLate() noexcept { Count(DeskRefusal::kLate); }

  // Ends the thread, after the part that it is at. No receiver is called any more.
  void Close() noexcept;

  // Outlives the desk with whoever keeps it.
  [[nodiscard]] std::shared_ptr<const DeskTotals> totals() const noexcept { return totals_; }

 private:
  using Clock = std::chrono::steady_clock;

  // Apart from its check, so that all that wait are soon looked through.
  struct Order {
    std::uint64_t prefix = 0;
    Tag challenge;
    CheckReceiver* receiver = nullptr;  // Null: forgotten.
    std::uint64_t ticket = 0;
    Clock::time_point came;
  };

  void Run() noexcept;
  [[nodiscard]] bool AwaitNext() noexcept;
  void CheckCurrent() noexcept;
  [[nodiscard]] DeskRefusal FindRefusal(const PuzzleCheck& check,
                                        std::uint64_t prefix) const noexcept;
  void Count(DeskRefusal refusal) noexcept {
    totals_->refused[static_cast<std::size_t>(refusal)].fetch_add(1, std::memory_order_relaxed);
  }
  // Where the order at this place in the queue lies.
  [[nodiscard]] std::size_t Slot(std::size_t place) const noexcept {
    return (first_ + place) % kRoom;
  }

  std::shared_ptr<DeskTotals> totals_ = std::make_shared<DeskTotals>();
  std::mutex mutex_;  // Of what follows, but for current_check_, which is the thread's.
  std::unique_ptr<Order[]> orders_ = std::make_unique<Order[]>(kRoom);  // A ring; and of each
  std::unique_ptr<PuzzleCheck[]> checks_ = std::make_unique<PuzzleCheck[]>(kRoom);  // its check.
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::condition_variable changed_;  // Something waits, or the end has come.
  Order current_;
  PuzzleCheck current_check_;
  std::atomic<bool> is_forgotten_{false};  // The current one.
  std::atomic<bool> open_{true};           // Written under the mutex.
  std::thread thread_;
};

}  // namespace stile

#endif  // STILE_SERVICE_REDEEM_DESK_H_
