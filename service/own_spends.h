#ifndef STILE_SERVICE_OWN_SPENDS_H_
#define STILE_SERVICE_OWN_SPENDS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"

namespace stile {

// What a node remembers by itself of the shared store's tokens that it has numbered, for as long as
// they may be valid. For one thread; memory is bounded by what it numbers in that time. Numbers of
// blocks only grow, so the latest block that was forgotten tells which tokens can't be known to be
// unmarked, however the clock leapt.
class OwnSpends {
 public:
  explicit OwnSpends(std::chrono::milliseconds keep) : keep_(keep) {}

  // Uses the token up: fresh if it surely was unused, and once more for the attempt that used it
  // up; spent otherwise. Sequence as SpendEpochs::PlaceOf has it.
  [[nodiscard]] SpendAnswer Spend(const SpendQuestion& question, UnixMillis now);

  // True if the attempt that asks has used the token up here. Uses nothing up.
  [[nodiscard]] bool HasPassed(const SpendQuestion& question) const;

  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.size(); }

 private:
  struct Block {
    UnixMillis until;
    std::vector<std::uint64_t> bits;
    std::unordered_map<std::uint32_t, IdempotencyId> attempts;  // By position: what used it up.
  };
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // Epoch and block.
  void Forget(UnixMillis now);

  std::chrono::milliseconds keep_;
  std::map<Key, Block> blocks_;
  std::optional<Key> forgotten_;  // The latest of them.
};

}  // namespace stile

#endif  // STILE_SERVICE_OWN_SPENDS_H_
