#ifndef STILE_VERIFIER_TABLES_BUDGET_TABLE_H_
#define STILE_VERIFIER_TABLES_BUDGET_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "challenge/unix_millis.h"
#include "verifier/rate.h"

namespace stile {

// A rate in the units of a BudgetTable. A default one limits nothing.
struct Pace {
  std::uint64_t interval = 0;  // Ticks between two requests at the steady rate.
  std::uint64_t span = 0;      // Ticks that a whole burst takes to refill.

  [[nodiscard]] bool limits() const noexcept { return interval != 0; }
  friend bool operator==(const Pace&, const Pace&) noexcept = default;
};

// What came of one Take. A default one was not taken.
struct Taking {
  bool taken = false;
  bool heavy = false;         // More than half of the burst is used up.
  std::uint32_t wait_ms = 0;  // Unless taken: when the same Take would succeed. At least 1.
};

// Budgets that refill (the generic cell rate algorithm, ITU-T I.371 annex A), one per key, in a
// table that never grows: a view of memory that somebody else owns and that any number of threads
// and processes use at once. Zeroed memory is an empty table, nothing in it is an address, and
// every change is one compare-and-swap of one word, so whoever dies in the middle of one leaves a
// table that works.
//
// A cell is one 64-bit word: 22 bits of the key's hash and 40 bits of its *theoretical arrival
// time*, the time at which its budget is whole again, in ticks of 1/64 ms modulo 199 days. Seven
// cells and one that is shared make a line of the CPU's cache, and a key can only be in its line:
// a Take costs one cache miss, which Prefetch takes off its back.
//
// A cell whose time has passed says nothing that an absent one doesn't, and is free for the next
// key. Where none is free, the line's shared cell is charged instead: keys that overflow limit
// each other, but never fail a request because the table is full. A key that is given a cell takes
// the shared cell's debt along. Keys of different bursts owe together there: what one with a long
// burst owes, one with a short burst waits for.
//
// So a key never passes more than its own budget allows, whoever takes at the same time and
// whoever dies meanwhile. All errors limit: two keys that share a line and 22 bits of hash (in a
// full line, one key in 600,000 has such a twin), keys in a shared cell, and a taking that counts
// in the shared cell and in the key's own because the latter was given at the same instant.
//
// A clock that goes back by up to a minute limits for that much longer; by up to 12 days, it costs
// each cell its burst, and a shared one the longest of those that it owes; further, it fills each
// budget once. What a key owes beyond its burst, by Charge, is a debt like any other: up to
// MostOwed, a clock that goes back adds to how long it lasts, and never takes from it.
class BudgetTable {
 public:
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kCellsPerLine = 7;
  static constexpr std::size_t kMaxLines = std::size_t{1} << 31;
  static constexpr std::uint64_t kTicksPerMilli = 64;
  // The longest that a burst may take to refill.
  static constexpr std::uint64_t kMaxSpan = std::uint64_t{86'400'000} * kTicksPerMilli;

  // The most ticks that a key may owe by Charge: 32 times what its burst takes to refill and 4 s
  // more, since so many nodes of a fleet may each have handed one out before they heard of each
  // other; but 11 days at most, for which a time has bits: of a burst of a day, 11 nodes' share.
  static constexpr std::uint64_t kMostBursts = 32;
  [[nodiscard]] static constexpr std::uint64_t MostOwed(std::uint64_t span) noexcept {
    constexpr std::uint64_t kSlack = 4'000 * kTicksPerMilli;
    constexpr std::uint64_t kDays = 11 * kMaxSpan;
    return span >= kDays / kMostBursts ? kDays : std::min(kMostBursts * (span + kSlack), kDays);
  }

  // How much memory a table of at least `cells` needs: a multiple of kLineBytes.
  [[nodiscard]] static std::size_t BytesFor(std::size_t cells) noexcept;

  // A table in `memory`, aligned to kLineBytes and of BytesFor some number of cells, zeroed before
  // its first use. Borrowed. An empty span, and a default table, take everything.
  BudgetTable() = default;
  explicit BudgetTable(std::span<std::byte> memory) noexcept;

  // The pace of `rate`. The time between two is rounded up to a tick, and a burst that would take
  // longer than kMaxSpan to refill is cut to it. A rate with a count, period or burst of 0 limits
  // nothing.
  [[nodiscard]] static Pace PaceOf(const Rate& rate) noexcept;

  // True for what PaceOf may say of a rate that limits.
  [[nodiscard]] static constexpr bool IsPace(const Pace& pace) noexcept {
    return pace.interval != 0 && pace.interval <= pace.span && pace.span <= kMaxSpan &&
           pace.span % pace.interval == 0;
  }

  // Asks for the line of `key` to be near when Take wants it.
  void Prefetch(std::uint64_t key) const noexcept {
    if (lines_ != 0) __builtin_prefetch(LineOf(key), 1);
  }

  // Takes `cost` from the budget of `key`, a TableHash, if that much is left at `now`. What costs
  // more than a whole burst is taken from a whole one. `pace` is the caller's: the table keeps
  // none. Takes nothing where it refuses. Lock-free.
  [[nodiscard]] Taking Take(std::uint64_t key, const Pace& pace, std::uint32_t cost,
                            UnixMillis now) noexcept;

  // Takes `cost` that has been spent already, somewhere else: as Take, but where it isn't enough
  // the key owes the rest, up to MostOwed, and has nothing until that has come back too. A shared
  // cell never owes more than a burst, so that nobody waits for longer than his own for what others
  // did. Forgives nothing, whatever `pace` and `cost` are.
  void Charge(std::uint64_t key, const Pace& pace, std::uint32_t cost, UnixMillis now) noexcept;

  // Makes every budget whole. For when the clock was set to another time, on purpose: what was
  // taken before would be owed until then. Whoever takes meanwhile may be forgiven as well.
  void Forget() noexcept;

  // What a Take of `cost` would say, without taking.
  [[nodiscard]] Taking Look(std::uint64_t key, const Pace& pace, std::uint32_t cost,
                            UnixMillis now) const noexcept;

  [[nodiscard]] std::size_t cells() const noexcept { return lines_ * kCellsPerLine; }
  // Of those, how many hold a budget that isn't whole at `now`: exactly, in a table of at most
  // kMaxLinesCounted lines; in a greater one, estimated from that many of them, evenly apart. So at
  // most 4 MB are read.
  static constexpr std::size_t kMaxLinesCounted = 65'536;
  [[nodiscard]] std::size_t CellsInUse(UnixMillis now) const noexcept;

 private:
  using Word = std::uint64_t;
  struct Draw;  // One Take on its way.

  [[nodiscard]] static Taking Settle(Word* line, const Draw& draw) noexcept;
  [[nodiscard]] static bool TakeShared(Word& cell, const Draw& draw, Taking& taking) noexcept;

  [[nodiscard]] Word* LineOf(std::uint64_t key) const noexcept {
    return words_ + ((key & 0xFFFFFFFF) * lines_ >> 32) * (kLineBytes / sizeof(Word));
  }

  Word* words_ = nullptr;
  std::size_t lines_ = 0;
};

}  // namespace stile

#endif  // STILE_VERIFIER_TABLES_BUDGET_TABLE_H_
