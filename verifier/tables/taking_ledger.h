#ifndef STILE_VERIFIER_TABLES_TAKING_LEDGER_H_
#define STILE_VERIFIER_TABLES_TAKING_LEDGER_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "challenge/unix_millis.h"
#include "verifier/tables/budget_table.h"
#include "verifier/tables/table_hash.h"

namespace stile {

// Whose budget it is, in words that mean the same on every node: what a TableHash makes a key of.
struct BudgetName {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const BudgetName&, const BudgetName&) noexcept = default;
};

// What was taken from one budget, and other nodes have not heard of.
struct UntoldTaking {
  BudgetName name;
  Pace pace;
  std::uint32_t cost = 0;

  friend bool operator==(const UntoldTaking&, const UntoldTaking&) noexcept = default;
};

// What this machine has taken from its budgets and has not told other nodes yet. A view of memory
// like BudgetTable: shared by threads and processes, zeroed when empty, nothing in it an address,
// and every entry governed by one word that changes by one compare-and-swap.
//
// Seven entries and a count of what found no room make a line of the CPU's cache; names and paces
// lie behind the lines, and are read by Collect alone. So Note costs one cache miss, and a second
// one where it makes an entry.
//
// An entry is claimed, then its name is written, then it is opened. Whoever dies in between leaves
// it claimed, and it may be claimed anew after kClaimLasts. One who was only asleep for so long may
// write his name over another's; then the name doesn't have the check that stands in the entry's
// word, and what the entry says is lost. Two names of one check, 26 bits, in one line count as one.
class TakingLedger {
 public:
  static constexpr std::size_t kEntriesPerLine = 7;
  static constexpr std::size_t kMaxEntries = std::size_t{1} << 24;
  static constexpr std::uint32_t kMaxCost = (1U << 20) - 1;  // Of one entry.
  static constexpr std::chrono::milliseconds kClaimLasts{10'000};

  // How much memory a ledger of at least `entries` needs, a multiple of 64: about 42 bytes for
  // each. 0 for 0.
  [[nodiscard]] static std::size_t BytesFor(std::size_t entries) noexcept;

  // A ledger in `memory`, aligned to 64 and of BytesFor some number of entries, zeroed before its
  // first use. Borrowed. An empty span, and a default one, note nothing.
  TakingLedger() = default;
  explicit TakingLedger(std::span<std::byte> memory) noexcept;

  [[nodiscard]] bool keeps() const noexcept { return lines_ != 0; }
  [[nodiscard]] std::size_t entries() const noexcept { return lines_ * kEntriesPerLine; }

  // Asks for the line of `key` to be near when Note wants it.
  void Prefetch(std::uint64_t key) const noexcept {
    if (lines_ != 0) __builtin_prefetch(words_ + LineOf(key) * 8, 1);
  }

  // Adds a taking of `cost` at `pace` from the budget that `name` says, whose TableHash is `key`.
  // What costs more than a whole burst counts as one. Where there is no room it is forgotten, and
  // counted. Lock-free.
  void Note(std::uint64_t key, const BudgetName& name, const Pace& pace, std::uint32_t cost,
            UnixMillis now) noexcept;

  // Which entries are due.
  struct Terms {
    // One that has cost a sixteenth of its burst is due at once, any other when it is so old.
    std::chrono::milliseconds settle{4'000};
    // One older than that is forgotten: it would be charged for what has come back meanwhile.
    std::chrono::milliseconds late{10'000};
  };
  static constexpr std::uint64_t kQuantum = 16;
  // What became of them.
  struct Collected {
    std::uint64_t cost_due = 0;   // Put into `out`.
    std::uint64_t cost_late = 0;  // Forgotten, being late.
    std::uint64_t cost_torn = 0;  // Forgotten, since nobody can say whose it was.
    std::uint64_t unnoted = 0;    // Takings that found no room.

    Collected& operator+=(const Collected& other) noexcept;
  };
  // Which of them are moved.
  enum class Due : std::uint8_t { kNone, kWeighty, kSettled };
  // Moves what is due at `now` to the end of `out`, at most `room` of it, those that cost most of
  // their burst first, or `due` of it alone. What is late is forgotten, also where there is no
  // room. `hash` makes names into keys. For one thread of all processes at a time; a
  // second one takes none twice. Reads everything. Throws if there is no memory for `out`.
  Collected Collect(const TableHash& hash, const Terms& terms, UnixMillis now, std::size_t room,
                    std::vector<UntoldTaking>& out);
  Collected CollectDue(Due due, const TableHash& hash, const Terms& terms, UnixMillis now,
                       std::size_t room, std::vector<UntoldTaking>& out);

  // Entries that are in use: exactly, in a ledger of at most kMaxLinesCounted lines; in a greater
  // one, estimated from that many of them, evenly apart. So at most 4 MB are read.
  static constexpr std::size_t kMaxLinesCounted = 65'536;
  [[nodiscard]] std::size_t EntriesInUse() const noexcept;

 private:
  using Word = std::uint64_t;
  // One entry's name and pace.
  struct Name {
    Word high;
    Word low;
    Word interval;
    Word span;
  };

  [[nodiscard]] std::size_t LineOf(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>((key & 0xFFFFFFFF) * lines_ >> 32);
  }
  [[nodiscard]] bool Claim(std::size_t line, std::size_t place, Word seen, Word check,
                           const UntoldTaking& taking, UnixMillis now) noexcept;
  void CollectEntry(std::size_t index, Due which, const TableHash& hash, const Terms& terms,
                    UnixMillis now, std::vector<UntoldTaking>& out, Collected& collected);

  Word* words_ = nullptr;
  Name* names_ = nullptr;
  std::size_t lines_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_TAKING_LEDGER_H_
