#ifndef STILE_VERIFIER_BUDGET_MESSAGE_H_
#define STILE_VERIFIER_BUDGET_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/unix_millis.h"
#include "verifier/tables/taking_ledger.h"

namespace stile {

// What one node tells the others that it has taken: docs/state.md has the format.
struct BudgetMessage {
  // One budget's share of it.
  struct Charge {
    std::uint8_t table = 0;  // As Budgets numbers them.
    UntoldTaking taking;

    friend bool operator==(const Charge&, const Charge&) noexcept = default;
  };
  static constexpr std::size_t kMaxCharges = 512;
  static constexpr std::size_t kHeaderBytes = 24;
  static constexpr std::size_t kChargeBytes = 40;
  static constexpr std::size_t kMaxBytes = kHeaderBytes + kMaxCharges * kChargeBytes;

  std::uint64_t boot = 0;  // Of the tables that it was taken from; not 0.
  UnixMillis said_at;      // When it was made, by the clock of the log that it travels through.
  std::vector<Charge> charges;
};

// The bytes of a message of 1 to kMaxCharges charges.
[[nodiscard]] std::string WriteBudgetMessage(std::uint64_t boot, UnixMillis said_at,
                                             std::span<const BudgetMessage::Charge> charges);

// Reads what anyone may have written. False, and nothing is to be believed, unless it is of this
// version, as long as it says and no longer than kMaxBytes, and every charge is of a table that
// there is, at a pace that a rate can have, and costs 1 to TakingLedger::kMaxCost. Throws if there
// is no memory.
[[nodiscard]] bool ReadBudgetMessage(std::string_view bytes, BudgetMessage& out);

}  // namespace stile

#endif  // STILE_VERIFIER_BUDGET_MESSAGE_H_
