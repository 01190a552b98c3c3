#include "verifier/tables/budget_table.h"

#include <algorithm>
#include <atomic>
#include <bit>

namespace stile {
namespace {

using Word = std::uint64_t;

constexpr std::size_t kShared = BudgetTable::kCellsPerLine;  // The index of the shared cell.

// A cell, from its highest bit: 22 of the key's hash, one that says that it owes more than a burst,
// one that says that nothing has been taken from it yet, and 40 of its time.
constexpr int kTimeBits = 40;
constexpr Word kTimeMask = (Word{1} << kTimeBits) - 1;
constexpr Word kFresh = Word{1} << kTimeBits;
constexpr Word kOwing = kFresh << 1;
constexpr Word kTagMask = ~(kTimeMask | kFresh | kOwing);
constexpr Word kIdentity = kTagMask | kFresh;  // Whose it is.

// A time at most this far ahead is one; anything else has passed. It is a sixteenth of the time's
// range, so that what was forgotten in a cell is taken for a time to come 12 days in 199 at most.
constexpr Word kAheadMax = Word{1} << (kTimeBits - 4);

// A cell can only be this much further ahead than its burst allows if the clock went back, or if
// its budget was greater when it was charged.
constexpr Word kClockStep = Word{60'000} * BudgetTable::kTicksPerMilli;

constexpr std::size_t kNowhere = 8;

static_assert(std::atomic_ref<Word>::is_always_lock_free);
static_assert(BudgetTable::MostOwed(BudgetTable::kMaxSpan) + kClockStep < kAheadMax);

// All reads and writes of a line have one order: see Settle.
Word Load(const Word& word) noexcept {
  // An atomic_ref doesn't take const; nothing is written.
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(std::memory_order_seq_cst);
}

bool Replace(Word& word, Word& seen, Word wanted) noexcept {
  return std::atomic_ref<Word>(word).compare_exchange_strong(seen, wanted,
                                                             std::memory_order_seq_cst);
}

Word TicksOf(UnixMillis now) noexcept {
  return (static_cast<Word>(now.value) * BudgetTable::kTicksPerMilli) & kTimeMask;
}

// Never 0, so that no cell in use is a zero word.
Word TagOf(std::uint64_t key) noexcept {
  const Word tag = key & kTagMask;
  return tag == 0 ? kOwing << 1 : tag;
}

bool IsOf(Word word, Word tag) noexcept { return (word & kTagMask) == tag; }

// How far ahead of `ticks` a cell's time is: what is missing from its budget. 0: nothing is.
Word DebtOf(Word word, Word ticks) noexcept {
  const Word ahead = (word - ticks) & kTimeMask;
  return word == 0 || ahead > kAheadMax ? 0 : ahead;
}

std::uint32_t MillisOf(Word ticks) noexcept {
  const Word millis = (ticks + BudgetTable::kTicksPerMilli - 1) / BudgetTable::kTicksPerMilli;
  return static_cast<std::uint32_t>(std::max<Word>(millis, 1));
}

// A burst in the place of a tag, in 2048 ticks, rounded up.
constexpr int kTagShift = kTimeBits + 2;
constexpr Word kBurstUnit = 2048;
static_assert(BudgetTable::kMaxSpan / kBurstUnit < kTagMask >> kTagShift);

Word TagOfBurst(Word span) noexcept { return (span + kBurstUnit - 1) / kBurstUnit << kTagShift; }
Word BurstIn(Word word) noexcept { return (word >> kTagShift) * kBurstUnit; }

// Where a key is in its line, or could be.
struct Sight {
  std::size_t own = kNowhere;    // The key's cell.
  std::size_t fresh = kNowhere;  // Without `own`: the first cell that was made for the key,
  std::size_t other = kNowhere;  // and another that was.
  std::size_t free = kNowhere;   // Without `own`: the first cell that is whole.
  Word seen = 0;  // What was in the first of `own`, `fresh` and `free` that there is.
};

Sight LookAt(const Word* line, Word tag, Word ticks) noexcept {
  Sight sight;
  Word whole = 0;
  for (std::size_t i = 0; i < BudgetTable::kCellsPerLine; ++i) {
    const Word word = Load(line[i]);
    if (IsOf(word, tag)) {
      if ((word & kFresh) == 0) {
        sight.own = i;
        sight.seen = word;
        return sight;
      }
      if (sight.fresh != kNowhere) {
        sight.other = i;
        continue;
      }
      sight.fresh = i;
      sight.seen = word;
    } else if (sight.free == kNowhere && DebtOf(word, ticks) == 0) {
      sight.free = i;
      whole = word;
    }
  }
  if (sight.fresh == kNowhere) sight.seen = whole;
  return sight;
}

// The cell that is the key's and not fresh; kNowhere if there is none. Without a branch that
// depends on where it is, which nothing could foretell.
std::size_t OwnCell(const Word* line, Word tag) noexcept {
  unsigned own = 0;
  for (std::size_t i = 0; i < BudgetTable::kCellsPerLine; ++i) {
    own |= static_cast<unsigned>((Load(line[i]) & kIdentity) == tag) << i;
  }
  return own == 0 ? kNowhere : static_cast<std::size_t>(std::countr_zero(own));
}

// True if no cell but the one at `fresh` is of the tag.
bool IsAlone(const Word* line, Word tag, std::size_t fresh) noexcept {
  for (std::size_t i = 0; i < BudgetTable::kCellsPerLine; ++i) {
    if (i != fresh && IsOf(Load(line[i]), tag)) return false;
  }
  return true;
}

}  // namespace

// One Take on its way: what it wants, and from when.
struct BudgetTable::Draw {
  Word tag;
  Word ticks;
  Word need;
  Word span;
  bool by_force;        // What isn't there is owed.
  Word most = span;     // That may be owed.
  Word longest = span;  // Of the bursts that the cell may owe.

  [[nodiscard]] Word WordAt(Word debt) const noexcept { return tag | ((ticks + debt) & kTimeMask); }
  [[nodiscard]] bool Fits(Word debt) const noexcept { return by_force || debt + need <= span; }
  [[nodiscard]] Word After(Word debt) const noexcept {
    return std::max(debt, std::min(debt + need, most));
  }
  // What is to be in a cell in which `seen` was, with that debt.
  [[nodiscard]] Word WordAfter(Word seen, Word debt) const noexcept {
    const Word after = After(debt);
    if (!by_force) return WordAt(after);
    // A charge of another pace doesn't know what was owed beyond the budget's own.
    const bool owed = (seen & kOwing) != 0 && debt != 0;
    return WordAt(after) | (after > span || owed ? kOwing : 0);
  }
  [[nodiscard]] Taking Taken(Word debt) const noexcept {
    return {.taken = true, .heavy = After(debt) * 2 > span, .wait_ms = 0};
  }
  [[nodiscard]] Taking Refused(Word debt) const noexcept {
    return {.taken = false, .heavy = true, .wait_ms = MillisOf(debt + need - span)};
  }

  // Takes from a cell in which `seen` was. Returns false if it has become another key's.
  [[nodiscard]] bool From(Word& cell, Word seen, Taking& taking) const noexcept {
    const Word identity = seen & kIdentity;
    do {
      if ((seen & kIdentity) != identity) return false;
      const Word debt = DebtOf(seen, ticks);
      if (debt > longest + kClockStep && debt > Limit(seen) + kClockStep) {
        // A charge may have another budget's pace, and isn't the one to forgive anything.
        if (by_force) {
          taking = Taken(debt);
          return true;
        }
        // As if the burst had just been used up, so that it comes back in one interval and not
        // after the whole step.
        const Word limit = Limit(seen);
        if (!Replace(cell, seen, WordAt(limit) | (seen & kOwing))) continue;
        taking = Refused(limit);
        return true;
      }
      if (!Fits(debt)) {
        taking = Refused(debt);
        return true;
      }
      taking = Taken(debt);
      if (Replace(cell, seen, WordAfter(seen, debt))) return true;
    } while (true);
  }
  // The most that a cell in which `seen` is can owe unless a clock went back.
  [[nodiscard]] Word Limit(Word seen) const noexcept {
    return (seen & kOwing) != 0 ? std::max(longest, MostOwed(span)) : longest;
  }
};

std::size_t BudgetTable::BytesFor(std::size_t cells) noexcept {
  const std::size_t lines = (cells + kCellsPerLine - 1) / kCellsPerLine;
  return std::clamp<std::size_t>(lines, 1, kMaxLines) * kLineBytes;
}

BudgetTable::BudgetTable(std::span<std::byte> memory) noexcept
    : words_(reinterpret_cast<Word*>(memory.data())),
      lines_(std::min(memory.size() / kLineBytes, kMaxLines)) {}

Pace BudgetTable::PaceOf(const Rate& rate) noexcept {
  if (rate.count == 0 || rate.burst == 0 || rate.period.count() <= 0) return {};
  const Word period = std::min(static_cast<Word>(rate.period.count()), kMaxSpan / kTicksPerMilli);
  const Word interval = (period * kTicksPerMilli + rate.count - 1) / rate.count;
  const Word burst = std::clamp<Word>(kMaxSpan / interval, 1, rate.burst);
  return {interval, burst * interval};
}

Taking BudgetTable::Take(std::uint64_t key, const Pace& pace, std::uint32_t cost,
                         UnixMillis now) noexcept {
  if (lines_ == 0 || !pace.limits() || cost == 0) return {.taken = true};
  const Word need = std::min(pace.interval * cost, pace.span);
  return Settle(LineOf(key), {TagOf(key), TicksOf(now), need, pace.span, false});
}

void BudgetTable::Charge(std::uint64_t key, const Pace& pace, std::uint32_t cost,
                         UnixMillis now) noexcept {
  if (lines_ == 0 || !pace.limits() || cost == 0) return;
  const Word most = MostOwed(pace.span);
  const Word need = std::min(pace.interval * cost, most);
  static_cast<void>(Settle(LineOf(key), {TagOf(key), TicksOf(now), need, pace.span, true, most}));
}

Taking BudgetTable::Look(std::uint64_t key, const Pace& pace, std::uint32_t cost,
                         UnixMillis now) const noexcept {
  if (lines_ == 0 || !pace.limits() || cost == 0) return {.taken = true};
  const Word need = std::min(pace.interval * cost, pace.span);
  const Draw draw{TagOf(key), TicksOf(now), need, pace.span, false};
  const Word* line = LineOf(key);
  const Sight sight = LookAt(line, draw.tag, draw.ticks);
  const Word word = sight.own != kNowhere ? sight.seen : Load(line[kShared]);
  const bool owing = sight.own != kNowhere && (word & kOwing) != 0;
  const Word debt = std::min(DebtOf(word, draw.ticks), owing ? MostOwed(pace.span) : pace.span);
  return draw.Fits(debt) ? draw.Taken(debt) : draw.Refused(debt);
}

// A key has one cell. It gets it in two steps, so that two threads can't give it one each: first a
// cell is made its own, *fresh*, with nothing taken from it; then whoever has seen, after that, no
// other cell of the key in the line takes from it, and it is fresh no more. If two cells were taken
// from, whoever did so later looked at the line after both were made the key's, and saw the other.
// A fresh cell holds nothing: it may be freed by anyone, and whoever makes one and dies leaves it
// to the next.
//
// Who charges the shared cell looks at the line again; who takes from a fresh cell has read the
// shared cell after the fresh one was made. So either the taking from the fresh cell counts what
// was taken from the shared one, or the latter is taken from the key's own cell as well.
Taking BudgetTable::Settle(Word* line, const Draw& draw) noexcept {
  if (const std::size_t own = OwnCell(line, draw.tag); own != kNowhere) {
    const Word seen = Load(line[own]);
    Taking taking;
    if ((seen & kIdentity) == draw.tag && draw.From(line[own], seen, taking)) return taking;
  }
  for (;;) {
    Sight sight = LookAt(line, draw.tag, draw.ticks);
    Taking taking;
    if (sight.own != kNowhere) {
      if (draw.From(line[sight.own], sight.seen, taking)) return taking;
    } else if (sight.other != kNowhere) {
      Word seen = Load(line[sight.other]);
      // Not back to what it was before, or whoever saw that could take it for untouched.
      if (IsOf(seen, draw.tag) && (seen & kFresh) != 0) {
        static_cast<void>(Replace(line[sight.other], seen, draw.ticks));
      }
    } else if (sight.fresh != kNowhere) {
      if (!IsAlone(line, draw.tag, sight.fresh)) continue;
      const Word shared = Load(line[kShared]);
      const Word debt = std::min(DebtOf(shared, draw.ticks), draw.span);
      // Whoever owes a whole burst there can't be charged more, and a charge of another pace must
      // not give the key a cell with less.
      if (draw.by_force && DebtOf(shared, draw.ticks) > draw.span) return draw.Taken(debt);
      if (!draw.Fits(debt)) return draw.Refused(debt);
      if (Replace(line[sight.fresh], sight.seen, draw.WordAfter(0, debt))) {
        return draw.Taken(debt);
      }
    } else if (sight.free != kNowhere) {
      static_cast<void>(Replace(line[sight.free], sight.seen, draw.WordAt(0) | kFresh));
    } else {
      if (!TakeShared(line[kShared], draw, taking)) continue;
      if (!taking.taken) return taking;
      sight = LookAt(line, draw.tag, draw.ticks);
      if (sight.own == kNowhere && sight.fresh == kNowhere) return taking;
    }
  }
}

// In place of a tag it has the longest burst of those that it owes, so that a key with a shorter
// one doesn't take what the others owe for a clock that went back.
bool BudgetTable::TakeShared(Word& cell, const Draw& draw, Taking& taking) noexcept {
  const Word seen = Load(cell);
  Draw anyone = draw;
  anyone.need = std::min(draw.need, draw.span);
  anyone.most = draw.span;
  if (DebtOf(seen, draw.ticks) != 0) anyone.longest = std::max(draw.span, BurstIn(seen));
  anyone.tag = TagOfBurst(anyone.longest);
  return anyone.From(cell, seen, taking);
}

void BudgetTable::Forget() noexcept {
  for (std::size_t i = 0; i < lines_ * (kLineBytes / sizeof(Word)); ++i) {
    // Memory that was never written to stays so.
    if (Load(words_[i]) != 0) std::atomic_ref(words_[i]).store(0, std::memory_order_relaxed);
  }
}

std::size_t BudgetTable::CellsInUse(UnixMillis now) const noexcept {
  if (lines_ == 0) return 0;
  const Word ticks = TicksOf(now);
  const std::size_t counted = std::min(lines_, kMaxLinesCounted);
  std::size_t in_use = 0;
  for (std::size_t n = 0; n < counted; ++n) {
    const Word* cells = words_ + n * lines_ / counted * (kLineBytes / sizeof(Word));
    for (std::size_t i = 0; i < kCellsPerLine; ++i)
      in_use += DebtOf(Load(cells[i]), ticks) != 0 ? 1 : 0;
  }
  return in_use * lines_ / counted;
}

}  // namespace stile
