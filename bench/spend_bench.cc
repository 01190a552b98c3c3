// Using up a response token, and what remembering millions of them takes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "bench/fixture.h"
#include "verifier/tables/spend_ring.h"

namespace stile::bench {
namespace {

constexpr std::size_t kTokens = 30'000'000;
constexpr std::uint32_t kLife = 300;
// What a site has sold in the last seconds: what backends ask about.
constexpr std::size_t kRecent = 1 << 17;

struct FreeLines {
  void operator()(std::byte* memory) const noexcept {
    ::operator delete[](memory, std::align_val_t{64});
  }
};

// A ring for 30 million tokens, of which `kTokens` were sold.
class SoldRing {
 public:
  SoldRing()
      : size_(SpendRing::BytesFor(kTokens)),
        memory_(static_cast<std::byte*>(::operator new[](size_, std::align_val_t{64}))) {
    Clear();
  }
  void Clear() {
    std::fill_n(memory_.get(), size_, std::byte{0});
    ring_ = SpendRing(std::span(memory_.get(), size_));
    SpendRing::Number number;
    for (std::size_t i = 0; i < kTokens; ++i) {
      if (!ring_.Issue(kNow, kLife, number)) std::abort();
    }
    expires_at_ = number.expires_at;
    next_ = 0;
  }
  [[nodiscard]] SpendRing& ring() noexcept { return ring_; }
  [[nodiscard]] std::uint32_t expires_at() const noexcept { return expires_at_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  // The first of `kRecent` numbers that nobody has used; false if there are none.
  bool TakeRecent(std::uint64_t& first) noexcept {
    if (next_ + kRecent > kTokens) return false;
    first = next_;
    next_ += kRecent;
    return true;
  }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[], FreeLines> memory_;
  SpendRing ring_;
  std::uint32_t expires_at_ = 0;
  std::uint64_t next_ = 0;
};

SoldRing& Sold() {
  static SoldRing sold;
  return sold;
}

// The order in which recent tokens come back.
const std::vector<std::uint32_t>& Order() {
  static const std::vector<std::uint32_t> order = [] {
    std::vector<std::uint32_t> numbers(kRecent);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(17));
    return numbers;
  }();
  return order;
}

void Report(benchmark::State& state) {
  state.counters["tokens"] = static_cast<double>(kTokens);
  state.counters["bytes"] = static_cast<double>(Sold().size());
}

// Two threads take every other one of the same recent tokens.
void SpendFresh(benchmark::State& state) {
  static std::uint64_t first = 0;
  const auto step = static_cast<std::size_t>(state.threads());
  const auto start = static_cast<std::size_t>(state.thread_index());
  SoldRing& sold = Sold();
  SpendRing ring = sold.ring();
  const std::vector<std::uint32_t>& order = Order();
  std::uint64_t own_first = 0;
  if (start == 0) {
    sold.Clear();
    if (!sold.TakeRecent(first)) std::abort();
  }
  std::size_t at = start;
  for (auto _ : state) {
    const SpendResult result = ring.Spend(own_first + first + order[at], sold.expires_at(), kNow);
    if (result != SpendResult::kFresh) {
      state.SkipWithError("a token that nobody has used did not pass");
      break;
    }
    at += step;
    if (at >= kRecent) {  // The next ones: as many again, further on.
      at = start;
      own_first += kRecent;
      if (first + own_first + kRecent > kTokens) {
        state.SkipWithError("more iterations than tokens");
        break;
      }
    }
  }
  if (start == 0) Report(state);
}
BENCHMARK(SpendFresh)->Name("Spend/Fresh")->Iterations(10'000'000);
BENCHMARK(SpendFresh)->Name("Spend/FreshOfTwoThreads")->Threads(2)->Iterations(10'000'000);

void SpendSpent(benchmark::State& state) {
  const auto step = static_cast<std::size_t>(state.threads());
  const auto start = static_cast<std::size_t>(state.thread_index());
  SoldRing& sold = Sold();
  SpendRing ring = sold.ring();
  const std::vector<std::uint32_t>& order = Order();
  if (start == 0) {
    for (std::uint64_t i = 0; i < kRecent; ++i) (void)ring.Spend(i, sold.expires_at(), kNow);
  }
  std::size_t at = start;
  for (auto _ : state) {
    if (ring.Spend(order[at], sold.expires_at(), kNow) != SpendResult::kSpent) {
      state.SkipWithError("a used token was not known");
      break;
    }
    at = (at + step) & (kRecent - 1);
  }
  if (start == 0) Report(state);
}
BENCHMARK(SpendSpent)->Name("Spend/Spent");
BENCHMARK(SpendSpent)->Name("Spend/SpentOfTwoThreads")->Threads(2);

// Selling: a number for a token.
void SpendIssue(benchmark::State& state) {
  const std::size_t size = SpendRing::BytesFor(1'000'000);
  std::unique_ptr<std::byte[], FreeLines> memory(
      static_cast<std::byte*>(::operator new[](size, std::align_val_t{64})));
  std::fill_n(memory.get(), size, std::byte{0});
  SpendRing ring(std::span(memory.get(), size));
  std::uint64_t expected = 0;
  UnixMillis now = kNow;
  for (auto _ : state) {
    SpendRing::Number number;
    while (!ring.Issue(now, kLife, number)) now = UnixMillis{now.value + kLife * 1'000};
    if (number.sequence != expected++) {
      state.SkipWithError("a number is missing");
      break;
    }
  }
}
BENCHMARK(SpendIssue)->Name("Spend/Issue");

}  // namespace
}  // namespace stile::bench
