#ifndef STILE_SERVICE_SPEND_DESK_H_
#define STILE_SERVICE_SPEND_DESK_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"

namespace stile {

// Who asked about a spend and gets the answer later.
class SpendReceiver {
 public:
  // Called at most once for each ticket, on any thread: it must hand the answer over and return.
  virtual void OnSpendAnswer(std::uint64_t ticket, const SpendAnswer& answer) noexcept = 0;

 protected:
  ~SpendReceiver() = default;
};

// Where the event loops ask about spends. Safe to use from many threads at once.
class SpendDesk {
 public:
  virtual ~SpendDesk() = default;

  // Asks the store. Returns its answer if it is known at once. Otherwise `receiver`, which outlives
  // Close, hears it with `ticket`; a loop waits for kSpendPatience at most. Never blocks.
  [[nodiscard]] virtual std::optional<SpendAnswer> Ask(const SpendQuestion& question,
                                                       UnixMillis now, SpendReceiver& receiver,
                                                       std::uint64_t ticket) noexcept = 0;

  // Once it returns no receiver is called any more.
  virtual void Close() noexcept {}
};

// The desk of a store in memory: it always knows at once.
class LocalSpendDesk final : public SpendDesk {
 public:
  explicit LocalSpendDesk(std::shared_ptr<SpendStore> store) : store_(std::move(store)) {}

  [[nodiscard]] std::optional<SpendAnswer> Ask(const SpendQuestion& question, UnixMillis now,
                                               SpendReceiver&, std::uint64_t) noexcept override {
    return store_->Spend(question, now);
  }

 private:
  std::shared_ptr<SpendStore> store_;
};

}  // namespace stile

#endif  // STILE_SERVICE_SPEND_DESK_H_
