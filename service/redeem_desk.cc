#include "service/redeem_desk.h"

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <system_error>

#include "challenge/concat.h"

namespace stile {
namespace {

// Against a loop on the same core it gets about a tenth of that, and it never keeps a loop waiting
// that becomes ready. A system that forbids even this leaves it where it is.
constexpr int kNiceness = 10;

}  // namespace

std::string_view DeskRefusalName(DeskRefusal refusal) noexcept {
  switch (refusal) {
    case DeskRefusal::kNone:
      return "none";
    case DeskRefusal::kFull:
      return "full";
    case DeskRefusal::kPrefix:
      return "prefix";
    case DeskRefusal::kChallenge:
      return "challenge";
    case DeskRefusal::kClosed:
      return "closed";
    case DeskRefusal::kLate:
      return "late";
  }
  return "unknown";
}

RedeemDesk::~RedeemDesk() { Close(); }

absl::Status RedeemDesk::Start() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(Concat("the system gives no thread: ", error.what()));
  }
  pthread_setname_np(thread_.native_handle(), "stile-redeem");
  return absl::OkStatus();
}

DeskRefusal RedeemDesk::FindRefusal(const PuzzleCheck& check, std::uint64_t prefix) const noexcept {
  if (!open_.load()) return DeskRefusal::kClosed;
  if (count_ == kRoom) return DeskRefusal::kFull;
  std::size_t of_prefix = 0;
  std::size_t of_challenge = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Order& order = orders_[Slot(i)];
    if (order.receiver == nullptr) continue;
    if (order.prefix == prefix) ++of_prefix;
    if (order.challenge.bytes == check.tag().bytes) ++of_challenge;
  }
  if (of_challenge >= kRoomOfChallenge) return DeskRefusal::kChallenge;
  return of_prefix >= kRoomOfPrefix ? DeskRefusal::kPrefix : DeskRefusal::kNone;
}

DeskRefusal RedeemDesk::Place(const PuzzleCheck& check, std::uint64_t prefix,
                              CheckReceiver& receiver, std::uint64_t ticket) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const DeskRefusal refusal = FindRefusal(check, prefix);
    if (refusal != DeskRefusal::kNone) {
      Count(refusal);
      return refusal;
    }
    const std::size_t slot = Slot(count_++);
    orders_[slot] = {prefix, check.tag(), &receiver, ticket, Clock::now()};
    checks_[slot] = check;
    totals_->waiting.store(count_, std::memory_order_relaxed);
  }
  changed_.notify_one();
  return DeskRefusal::kNone;
}

void RedeemDesk::Forget(const CheckReceiver& receiver, std::uint64_t ticket) noexcept {
  const std::lock_guard lock(mutex_);
  const auto is_it = [&](const Order& order) {
    return order.receiver == &receiver && order.ticket == ticket;
  };
  if (is_it(current_)) is_forgotten_.store(true, std::memory_order_relaxed);
  for (std::size_t i = 0; i < count_; ++i) {
    if (is_it(orders_[Slot(i)])) orders_[Slot(i)].receiver = nullptr;
  }
}

void RedeemDesk::Close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    open_.store(false);
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  count_ = 0;
  totals_->waiting.store(0, std::memory_order_relaxed);
}

void RedeemDesk::Run() noexcept {
  (void)!::setpriority(PRIO_PROCESS, 0, kNiceness);  // Of Linux: this thread's.
  while (AwaitNext()) CheckCurrent();
}

// False once it is closed.
bool RedeemDesk::AwaitNext() noexcept {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return count_ != 0 || !open_.load(); });
  if (!open_.load()) return false;
  current_ = orders_[first_];
  current_check_ = checks_[first_];
  is_forgotten_.store(current_.receiver == nullptr, std::memory_order_relaxed);
  first_ = (first_ + 1) % kRoom;
  --count_;
  totals_->waiting.store(count_, std::memory_order_relaxed);
  return true;
}

void RedeemDesk::CheckCurrent() noexcept {
  PuzzleCheck& check = current_check_;
  while (check.state() == PuzzleCheck::State::kOpen &&
         !is_forgotten_.load(std::memory_order_relaxed) && open_.load(std::memory_order_relaxed)) {
    check.CheckPart();
  }
  if (check.state() == PuzzleCheck::State::kOpen) {
    totals_->forgotten.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const bool solved = check.state() == PuzzleCheck::State::kSolved;
  (solved ? totals_->solved : totals_->unsolved).fetch_add(1, std::memory_order_relaxed);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - current_.came);
  const auto* const bound = std::lower_bound(DeskTotals::kBounds.begin(), DeskTotals::kBounds.end(),
                                             static_cast<double>(took.count()) / 1e6);
  totals_->took[static_cast<std::size_t>(bound - DeskTotals::kBounds.begin())].fetch_add(
      1, std::memory_order_relaxed);
  totals_->took_micros.fetch_add(static_cast<std::uint64_t>(took.count()),
                                 std::memory_order_relaxed);
  current_.receiver->OnChecked(current_.ticket, check.state());
}

}  // namespace stile
