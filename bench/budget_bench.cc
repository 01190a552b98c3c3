// What counting costs: a taking from the budget of one of many keys.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <sys/mman.h>

#include "bench/fixture.h"
#include "verifier/tables/budget_table.h"
#include "verifier/tables/heavy_hitters.h"
#include "verifier/tables/table_hash.h"
#include "verifier/tables/taking_ledger.h"

namespace stile::bench {
namespace {

// Keys whose cells were asked for this long ago are near by now, as a request's is once the policy
// has been asked.
constexpr std::size_t kAhead = 8;

// Memory as a service keeps it: made at start, in large pages where the system gives them.
class TableMemory {
 public:
  explicit TableMemory(std::size_t size) : size_(size) {
    void* memory =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    ::madvise(memory, size, MADV_HUGEPAGE);
    begin_ = static_cast<std::byte*>(memory);
    for (std::size_t i = 0; i < size; i += 4096) begin_[i] = std::byte{0};
  }
  ~TableMemory() { ::munmap(begin_, size_); }
  TableMemory(const TableMemory&) = delete;
  TableMemory& operator=(const TableMemory&) = delete;
  [[nodiscard]] std::span<std::byte> bytes() const { return {begin_, size_}; }

 private:
  std::byte* begin_;
  std::size_t size_;
};

// A table of `cells` in which half of the cells are in use.
class BusyTable {
 public:
  explicit BusyTable(std::size_t cells) : memory_(BudgetTable::BytesFor(cells)) {
    table_ = BudgetTable(memory_.bytes());
    std::mt19937_64 random(1);
    keys_.resize(cells / 2);
    for (std::uint64_t& key : keys_) {
      key = random();
      static_cast<void>(table_.Take(key, kPace, 1, kNow));
    }
    std::shuffle(keys_.begin(), keys_.end(), random);
  }
  // One table for all benchmarks of its size.
  static BusyTable& Of(std::size_t cells) {
    static std::unique_ptr<BusyTable> last;
    static std::size_t size = 0;
    if (size != cells) {
      last.reset();
      last = std::make_unique<BusyTable>(cells);
      size = cells;
    }
    return *last;
  }
  // 64,000 a second, and as many at once as there can be: what is taken here is always there.
  static constexpr Pace kPace{1, BudgetTable::kMaxSpan};

  [[nodiscard]] BudgetTable& table() { return table_; }
  [[nodiscard]] std::span<const std::uint64_t> keys() const { return keys_; }

 private:
  TableMemory memory_;
  BudgetTable table_;
  std::vector<std::uint64_t> keys_;
};

// As the gate takes: the cell was asked for before.
void BudgetTake(benchmark::State& state) {
  BusyTable& busy = BusyTable::Of(static_cast<std::size_t>(state.range(0)));
  const std::span<const std::uint64_t> keys = busy.keys();
  std::size_t at = 0;
  std::size_t ahead = kAhead;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    busy.table().Prefetch(keys[ahead]);
    const Taking taking = busy.table().Take(keys[at], BusyTable::kPace, 1, kNow);
    if (!taking.taken) {
      state.SkipWithError("a budget was spent");
      break;
    }
    at = at + 1 == keys.size() ? 0 : at + 1;
    ahead = ahead + 1 == keys.size() ? 0 : ahead + 1;
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK(BudgetTake)->Name("Budget/Take")->Arg(100'000)->Arg(10'000'000);

// As the gate takes where budgets are merged with other nodes: each taking is noted, too, and told
// once a second, here after a million.
void BudgetTakeAndNote(benchmark::State& state) {
  BusyTable& busy = BusyTable::Of(static_cast<std::size_t>(state.range(0)));
  const auto entries = static_cast<std::size_t>(state.range(1));
  const std::span<const std::uint64_t> keys = busy.keys().first(entries / 4);
  TableMemory memory(TakingLedger::BytesFor(entries));
  TakingLedger ledger(memory.bytes());
  std::size_t at = 0;
  std::size_t ahead = kAhead;
  std::uint64_t taken = 0;
  for (auto _ : state) {
    busy.table().Prefetch(keys[ahead]);
    ledger.Prefetch(keys[ahead]);
    const std::uint64_t key = keys[at];
    if (!busy.table().Take(key, BusyTable::kPace, 1, kNow).taken) {
      state.SkipWithError("a budget was spent");
      break;
    }
    ledger.Note(key, {key, key}, BusyTable::kPace, 1, kNow);
    ++taken;
    at = at + 1 == keys.size() ? 0 : at + 1;
    ahead = ahead + 1 == keys.size() ? 0 : ahead + 1;
  }
  // Each was noted, or counted as one that wasn't. The names have no such hash: all are torn.
  std::vector<UntoldTaking> out;
  const auto collected = ledger.Collect(TableHash(), {}, kNow, entries, out);
  if (collected.cost_due + collected.cost_torn + collected.unnoted != taken) {
    state.SkipWithError("a taking is gone");
  }
  state.counters["unnoted"] = static_cast<double>(collected.unnoted) / static_cast<double>(taken);
}
BENCHMARK(BudgetTakeAndNote)->Name("Budget/TakeAndNote")->Args({100'000, 65'536});

// What the thread that merges does once a second: reads a whole ledger, and empties it.
void BudgetCollect(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  TableMemory memory(TakingLedger::BytesFor(entries));
  TakingLedger ledger(memory.bytes());
  const TableHash hash{1, 2};
  constexpr Pace kPace{64'000, 64'000};
  std::vector<UntoldTaking> out;
  for (auto _ : state) {
    state.PauseTiming();
    out.clear();
    const std::size_t names = entries / 16;
    for (std::uint64_t i = 0; i < names; ++i) {
      ledger.Note(hash.Of(i, i), {i, i}, kPace, 1, kNow);
    }
    state.ResumeTiming();
    if (ledger.Collect(hash, {}, kNow, names, out).cost_due != names) {
      state.SkipWithError("a taking is gone");
      break;
    }
  }
}
BENCHMARK(BudgetCollect)->Name("Budget/Collect")->Arg(65'536)->Unit(benchmark::kMicrosecond);

// Without that: the memory's own speed.
void BudgetTakeCold(benchmark::State& state) {
  BusyTable& busy = BusyTable::Of(static_cast<std::size_t>(state.range(0)));
  const std::span<const std::uint64_t> keys = busy.keys();
  std::size_t at = 0;
  for (auto _ : state) {
    if (!busy.table().Take(keys[at], BusyTable::kPace, 1, kNow).taken) {
      state.SkipWithError("a budget was spent");
      break;
    }
    at = at + 1 == keys.size() ? 0 : at + 1;
  }
}
BENCHMARK(BudgetTakeCold)->Name("Budget/TakeCold")->Arg(100'000)->Arg(10'000'000);

// The floor: a word of each of the same lines, written with one locked instruction.
void BudgetFloor(benchmark::State& state) {
  const auto lines = static_cast<std::size_t>(state.range(0)) / BudgetTable::kCellsPerLine;
  BusyTable& busy = BusyTable::Of(static_cast<std::size_t>(state.range(0)));
  static std::unique_ptr<TableMemory> memory;
  static std::size_t size = 0;
  if (size != lines) {
    memory.reset();
    memory = std::make_unique<TableMemory>(lines * BudgetTable::kLineBytes);
    size = lines;
  }
  auto* words = reinterpret_cast<std::uint64_t*>(memory->bytes().data());
  const std::span<const std::uint64_t> keys = busy.keys();
  const auto word_of = [words, lines](std::uint64_t key) {
    return words + ((key & 0xFFFFFFFF) * lines >> 32) * 8;
  };
  std::size_t at = 0;
  std::size_t ahead = kAhead;
  for (auto _ : state) {
    __builtin_prefetch(word_of(keys[ahead]), 1);
    std::uint64_t* word = word_of(keys[at]);
    std::uint64_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    if (!__atomic_compare_exchange_n(word, &seen, seen + 1, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
      state.SkipWithError("somebody else wrote");
      break;
    }
    at = at + 1 == keys.size() ? 0 : at + 1;
    ahead = ahead + 1 == keys.size() ? 0 : ahead + 1;
  }
}
BENCHMARK(BudgetFloor)->Name("Floor/BudgetLine")->Arg(100'000)->Arg(10'000'000);

// Over budget: a refusal must not cost more.
void BudgetRefuse(benchmark::State& state) {
  BusyTable& busy = BusyTable::Of(100'000);
  const std::span<const std::uint64_t> keys = busy.keys();
  constexpr Pace kSpent{64'000, 64'000};
  for (const std::uint64_t key : keys) busy.table().Charge(key, kSpent, 1, kNow);
  std::size_t at = 0;
  for (auto _ : state) {
    busy.table().Prefetch(keys[(at + kAhead) % keys.size()]);
    if (busy.table().Take(keys[at], kSpent, 1, kNow).taken) {
      state.SkipWithError("a budget was not spent");
      break;
    }
    at = at + 1 == keys.size() ? 0 : at + 1;
  }
}
BENCHMARK(BudgetRefuse)->Name("Budget/Refuse");

// A hot key on two threads.
void BudgetHotKey(benchmark::State& state) {
  static TableMemory memory(BudgetTable::kLineBytes);
  BudgetTable table(memory.bytes());
  for (auto _ : state) {
    if (!table.Take(1, BusyTable::kPace, 1, kNow).taken) {
      state.SkipWithError("a budget was spent");
      break;
    }
  }
}
BENCHMARK(BudgetHotKey)->Name("Budget/HotKey")->Threads(1)->Threads(2)->UseRealTime();

void HeavyAdd(benchmark::State& state) {
  static TableMemory memory(HeavyHitters::BytesFor(64));
  HeavyHitters heavy(memory.bytes());
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> keys(1024);
  for (std::uint64_t& key : keys) key = random();
  std::size_t at = 0;
  for (auto _ : state) {
    const std::uint64_t key = keys[at++ % keys.size()];
    heavy.Add(key, {key, key, 1}, 1, kNow);
  }
  std::vector<HeavyHitter> top(1);
  if (heavy.Top(top, kNow) != 1) state.SkipWithError("nobody is heavy");
}
BENCHMARK(HeavyAdd)->Name("Budget/HeavyAdd");

}  // namespace
}  // namespace stile::bench
