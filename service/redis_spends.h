#ifndef STILE_SERVICE_REDIS_SPENDS_H_
#define STILE_SERVICE_REDIS_SPENDS_H_

#include <cstdint>
#include <memory>
#include <optional>

#include <absl/status/statusor.h>

#include "challenge/unix_millis.h"
#include "service/redis_options.h"
#include "service/redis_question.h"
#include "service/redis_trouble.h"
#include "service/spend_desk.h"
#include "verifier/local_spends.h"
#include "verifier/spend_store.h"

namespace stile {

// The spends of a fleet, kept in one Redis that all nodes share, and asked by a thread of its own:
// nobody else ever waits for it. Numbers of tokens come from blocks that the store has made before
// (verifier/spend_epochs.h), so issuing a token asks nobody.
//
// Where the store can't be asked, answers are unknown and no number is given. With
// OnStoreError::kLocal the node goes on by itself for as long: tokens are numbered by its own
// memory, where each passes once and only here; and the store's tokens that this process has
// numbered pass here once, whatever other nodes told the store of them. docs/state.md has the
// bound.
class RedisSpends : public SpendNumbers, public SpendDesk {
 public:
  // Starts the thread, which connects. `local` is for OnStoreError::kLocal, and null otherwise.
  // Returns ResourceExhausted if the system gives no descriptor or no thread.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RedisSpends>> Create(
      RedisOptions options, std::shared_ptr<LocalSpends> local);

  // Answers what is asked as unknown, and ends the thread.
  ~RedisSpends() override;
  RedisSpends(const RedisSpends&) = delete;
  RedisSpends& operator=(const RedisSpends&) = delete;

  [[nodiscard]] bool Issue(UnixMillis now, std::uint32_t seconds,
                           SpendGrant& out) noexcept override;

  // A receiver hears within the timeout, whatever the store does. A system call only if the store's
  // thread sleeps.
  [[nodiscard]] std::optional<SpendAnswer> Ask(const SpendQuestion& question, UnixMillis now,
                                               SpendReceiver& receiver,
                                               std::uint64_t ticket) noexcept override;
  // Ends the thread. What is asked from here on is unknown at once.
  void Close() noexcept override;

  [[nodiscard]] const RedisTotals& totals() const noexcept;
  [[nodiscard]] RedisTrouble Trouble() const;

 private:
  struct State;
  explicit RedisSpends(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stile

#endif  // STILE_SERVICE_REDIS_SPENDS_H_
