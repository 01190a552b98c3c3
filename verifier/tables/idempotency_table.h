#ifndef STILE_VERIFIER_TABLES_IDEMPOTENCY_TABLE_H_
#define STILE_VERIFIER_TABLES_IDEMPOTENCY_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"
#include "verifier/spend_store.h"

namespace stile {

// Which attempts used their token up, for those whose backend gave them an idempotency key: so that
// the same attempt gets the same verdict again, and no other does. A view of memory that somebody
// else owns; memory of zeros is an empty table. Entries last as long as the token. An attempt may
// lie in either of two buckets of 8 places, of 16 bytes each, and takes the emptier one. There
// are 1.5 places for each entry that was asked for, so that with all of those in use less than one
// in a million new ones finds both its buckets full, and of the next fifth one in a thousand does.
//
// An attempt claims its entry before it spends, so that there is no moment in which a token is
// spent and nobody knows by whom: one that finds its own claim open learns that it has to ask
// again. Every change of state is one exchange of one word.
class IdempotencyTable {
 public:
  static constexpr std::size_t kMaxEntries = std::size_t{1} << 30;

  // How many bytes a table of `entries`, at least 64, takes: a multiple of 64.
  [[nodiscard]] static std::size_t BytesFor(std::size_t entries) noexcept;

  IdempotencyTable() = default;  // Full.
  // `memory` is BytesFor of the entries wanted, at a multiple of 64, and outlives the table.
  explicit IdempotencyTable(std::span<std::byte> memory) noexcept;

  enum class State : std::uint8_t {
    kFull = 0,      // No entry can be had: nothing is known about this attempt.
    kClaimed = 1,   // By this call. Follow with Confirm or Withdraw.
    kOpen = 2,      // Claimed by another call that has not said yet what became of it.
    kAccepted = 3,  // This attempt used its token up.
  };
  // What is known about an attempt.
  struct Claim {
    State state = State::kFull;
    std::size_t place = 0;  // Only with kClaimed, as the next.
    std::uint64_t word = 0;
  };
  // Claims the entry of `attempt`, whose token expires at `expires_at`, or finds it. A claim that
  // is never followed up, since its process was killed, stays open until the token expires.
  [[nodiscard]] Claim Find(const IdempotencyId& attempt, std::uint32_t expires_at,
                           UnixMillis now) noexcept;
  // The attempt of a kClaimed used its token up.
  void Confirm(const Claim& claim) noexcept;
  // It did not.
  void Withdraw(const Claim& claim) noexcept;

 private:
  struct Entry;
  struct Look;
  [[nodiscard]] Look LookFor(const IdempotencyId& attempt, std::size_t except,
                             std::uint64_t now) const noexcept;
  void Settle(const Claim& claim, std::uint64_t word) noexcept;

  Entry* entries_ = nullptr;
  std::size_t buckets_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_IDEMPOTENCY_TABLE_H_
