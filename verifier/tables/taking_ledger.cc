#include "verifier/tables/taking_ledger.h"

#include <algorithm>
#include <atomic>
#include <bit>

namespace stile {
namespace {

using Word = std::uint64_t;

// An entry's word, from its highest bit: 26 of its key's hash, two of what state it is in, 16 of
// when it was claimed, in quarters of a second, and 20 of what it cost.
constexpr int kCostBits = 20;
constexpr int kSinceBits = 16;
constexpr int kStateShift = kCostBits + kSinceBits;
constexpr int kCheckShift = kStateShift + 2;
constexpr Word kCostMask = (Word{1} << kCostBits) - 1;
constexpr Word kSinceMask = (Word{1} << kSinceBits) - 1;
constexpr Word kClaimed = Word{1} << kStateShift;
constexpr Word kOpen = Word{2} << kStateShift;
constexpr Word kStateMask = Word{3} << kStateShift;
constexpr Word kCheckMask = ~Word{0} << kCheckShift;
constexpr Word kOwnMask = kCheckMask | kStateMask;

constexpr std::int64_t kSinceUnit = 250;  // Milliseconds.
constexpr std::size_t kWordsPerLine = 8;
constexpr std::size_t kUnnoted = TakingLedger::kEntriesPerLine;  // The count's place in a line.
constexpr std::size_t kNowhere = kWordsPerLine;
constexpr int kTries = 4;

static_assert(TakingLedger::kMaxCost == kCostMask);

Word Load(const Word& word, std::memory_order order = std::memory_order_relaxed) noexcept {
  // An atomic_ref doesn't take const; nothing is written.
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(order);
}
void Store(Word& word, Word value) noexcept {
  std::atomic_ref<Word>(word).store(value, std::memory_order_relaxed);
}
bool Replace(Word& word, Word& seen, Word wanted) noexcept {
  return std::atomic_ref<Word>(word).compare_exchange_strong(seen, wanted,
                                                             std::memory_order_acq_rel);
}

// Bits that pick no line.
Word CheckOf(std::uint64_t key) noexcept { return key & kCheckMask; }

Word SinceOf(UnixMillis now) noexcept {
  return (static_cast<Word>(now.value / kSinceUnit) & kSinceMask) << kCostBits;
}

// How old an entry is. A clock that went back makes it very old, unless it is a matter of less than
// a second: whoever asks may have looked at the clock before the entry was made.
std::chrono::milliseconds AgeOf(Word word, UnixMillis now) noexcept {
  const Word age = (SinceOf(now) - (word & ~kCostMask)) >> kCostBits & kSinceMask;
  if (age > kSinceMask - 3) return std::chrono::milliseconds{0};
  return std::chrono::milliseconds(static_cast<std::int64_t>(age) * kSinceUnit);
}

bool IsFree(Word word, UnixMillis now) noexcept {
  return word == 0 ||
         ((word & kStateMask) == kClaimed && AgeOf(word, now) > TakingLedger::kClaimLasts);
}

// The open entry of a check. Without a branch that depends on where it is.
std::size_t OpenEntry(const Word* line, Word check) noexcept {
  unsigned own = 0;
  for (std::size_t i = 0; i < TakingLedger::kEntriesPerLine; ++i) {
    own |= static_cast<unsigned>((Load(line[i]) & kOwnMask) == (check | kOpen)) << i;
  }
  return own == 0 ? kNowhere : static_cast<std::size_t>(std::countr_zero(own));
}

std::size_t FreeEntry(const Word* line, UnixMillis now) noexcept {
  for (std::size_t i = 0; i < TakingLedger::kEntriesPerLine; ++i) {
    if (IsFree(Load(line[i]), now)) return i;
  }
  return kNowhere;
}

}  // namespace

std::size_t TakingLedger::BytesFor(std::size_t entries) noexcept {
  if (entries == 0) return 0;
  std::size_t lines = (std::min(entries, kMaxEntries) + kEntriesPerLine - 1) / kEntriesPerLine;
  lines += lines % 2;  // So that the whole is a multiple of 64.
  return lines * (kWordsPerLine * sizeof(Word) + kEntriesPerLine * sizeof(Name));
}

TakingLedger::TakingLedger(std::span<std::byte> memory) noexcept
    : words_(reinterpret_cast<Word*>(memory.data())),
      lines_(memory.size() / (kWordsPerLine * sizeof(Word) + kEntriesPerLine * sizeof(Name))) {
  names_ = reinterpret_cast<Name*>(words_ + lines_ * kWordsPerLine);
}

void TakingLedger::Note(std::uint64_t key, const BudgetName& name, const Pace& pace,
                        std::uint32_t cost, UnixMillis now) noexcept {
  if (lines_ == 0 || !pace.limits() || cost == 0) return;
  if (pace.interval * cost > pace.span) {
    cost = static_cast<std::uint32_t>(pace.span / pace.interval);
  }
  const std::size_t at = LineOf(key);
  Word* line = words_ + at * kWordsPerLine;
  const Word check = CheckOf(key);
  for (int tries = 0; tries < kTries; ++tries) {
    if (const std::size_t own = OpenEntry(line, check); own != kNowhere) {
      Word seen = Load(line[own]);
      while ((seen & kOwnMask) == (check | kOpen)) {
        const Word sum = (seen & kCostMask) + cost;
        if (sum > kMaxCost) break;
        if (Replace(line[own], seen, (seen & ~kCostMask) | sum)) return;
      }
      continue;
    }
    const std::size_t free = FreeEntry(line, now);
    if (free == kNowhere) break;
    const Word seen = Load(line[free]);
    if (!IsFree(seen, now)) continue;
    if (Claim(at, free, seen, check, {name, pace, cost}, now)) return;
  }
  std::atomic_ref<Word>(line[kUnnoted]).fetch_add(1, std::memory_order_relaxed);
}

// Makes the free entry in which `seen` was one of its own. False if another was faster.
bool TakingLedger::Claim(std::size_t line, std::size_t place, Word seen, Word check,
                         const UntoldTaking& taking, UnixMillis now) noexcept {
  Word& word = words_[line * kWordsPerLine + place];
  Word claimed = check | kClaimed | SinceOf(now);
  if (!Replace(word, seen, claimed)) return false;
  Name& name = names_[line * kEntriesPerLine + place];
  // Whoever sleeps in here writes his name after his pace, so that no name has another's pace.
  Store(name.interval, taking.pace.interval);
  Store(name.span, taking.pace.span);
  std::atomic_ref<Word>(name.high).store(taking.name.high, std::memory_order_release);
  std::atomic_ref<Word>(name.low).store(taking.name.low, std::memory_order_release);
  return Replace(word, claimed, check | kOpen | SinceOf(now) | taking.cost);
}

TakingLedger::Collected& TakingLedger::Collected::operator+=(const Collected& other) noexcept {
  cost_due += other.cost_due;
  cost_late += other.cost_late;
  cost_torn += other.cost_torn;
  unnoted += other.unnoted;
  return *this;
}

TakingLedger::Collected TakingLedger::Collect(const TableHash& hash, const Terms& terms,
                                              UnixMillis now, std::size_t room,
                                              std::vector<UntoldTaking>& out) {
  Collected collected;
  const std::size_t most = out.size() + room;
  for (const Due due : {Due::kWeighty, Due::kSettled}) {
    collected += CollectDue(due, hash, terms, now, most - out.size(), out);
  }
  return collected;
}

TakingLedger::Collected TakingLedger::CollectDue(Due due, const TableHash& hash, const Terms& terms,
                                                 UnixMillis now, std::size_t room,
                                                 std::vector<UntoldTaking>& out) {
  Collected collected;
  const std::size_t most = out.size() + room;
  out.reserve(most);  // What is taken out of the ledger has somewhere to go.
  // Another first entry each time, so that none comes last for ever where there is too much.
  const Word mixed = static_cast<Word>(now.value) * 0x9E3779B97F4A7C15;
  const std::size_t first = static_cast<std::size_t>((mixed >> 32) * entries() >> 32);
  for (std::size_t i = 0; i < entries(); ++i) {
    const std::size_t index = first + i < entries() ? first + i : first + i - entries();
    CollectEntry(index, out.size() < most ? due : Due::kNone, hash, terms, now, out, collected);
  }
  for (std::size_t line = 0; line < lines_; ++line) {
    Word& count = words_[line * kWordsPerLine + kUnnoted];
    if (Load(count) == 0) continue;
    collected.unnoted += std::atomic_ref<Word>(count).exchange(0, std::memory_order_relaxed);
  }
  return collected;
}

void TakingLedger::CollectEntry(std::size_t index, Due which, const TableHash& hash,
                                const Terms& terms, UnixMillis now, std::vector<UntoldTaking>& out,
                                Collected& collected) {
  const std::size_t line = index / kEntriesPerLine;
  Word& word = words_[line * kWordsPerLine + index % kEntriesPerLine];
  Word seen = Load(word, std::memory_order_acquire);
  while ((seen & kStateMask) == kOpen) {
    const auto age = AgeOf(seen, now);
    const Name& name = names_[index];
    const UntoldTaking taking{{Load(name.high), Load(name.low)},
                              {Load(name.interval), Load(name.span)},
                              static_cast<std::uint32_t>(seen & kCostMask)};
    const std::uint64_t key = hash.Of(taking.name.high, taking.name.low);
    const bool torn = CheckOf(key) != (seen & kCheckMask) || LineOf(key) != line ||
                      !BudgetTable::IsPace(taking.pace);
    const bool late = age > terms.late;
    const bool weighty = taking.pace.interval * taking.cost >= taking.pace.span / kQuantum;
    const bool due =
        (which == Due::kWeighty && weighty) || (which == Due::kSettled && age >= terms.settle);
    if (!torn && !late && !due) return;
    if (!Replace(word, seen, 0)) continue;
    if (torn) {
      collected.cost_torn += taking.cost;
    } else if (late) {
      collected.cost_late += taking.cost;
    } else {
      collected.cost_due += taking.cost;
      out.push_back(taking);
    }
    return;
  }
}

std::size_t TakingLedger::EntriesInUse() const noexcept {
  if (lines_ == 0) return 0;
  const std::size_t counted = std::min(lines_, kMaxLinesCounted);
  std::size_t in_use = 0;
  for (std::size_t n = 0; n < counted; ++n) {
    const Word* line = words_ + n * lines_ / counted * kWordsPerLine;
    for (std::size_t i = 0; i < kEntriesPerLine; ++i) in_use += Load(line[i]) != 0 ? 1 : 0;
  }
  return in_use * lines_ / counted;
}

}  // namespace stile
