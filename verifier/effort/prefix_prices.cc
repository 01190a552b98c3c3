#include "verifier/effort/prefix_prices.h"

#include <algorithm>
#include <cmath>

namespace stile {
namespace {

constexpr std::int64_t kMicrosInMilli = 1000;
constexpr std::int64_t kMaxNowMillis = 4'000'000'000'000'000;
constexpr std::int64_t kMaxEachMicros = 600'000'000;
// A cell can only be this much further ahead than the highest price needs if the clock went back.
constexpr std::int64_t kClockStepMicros = 60'000'000;
constexpr double kDoublingMicros = PrefixPrices::kDoublingMillis * kMicrosInMilli;
constexpr std::uint32_t kLeastPrice = 100;

std::int64_t Micros(UnixMillis now) noexcept {
  return std::clamp(now.value, -kMaxNowMillis, kMaxNowMillis) * kMicrosInMilli;
}

std::int64_t BurstMicros(std::int64_t each_us) noexcept {
  return std::clamp<std::int64_t>(each_us, 0, kMaxEachMicros) * PrefixPrices::kBurst;
}

// How far ahead of now a cell may be: what the highest price takes.
std::int64_t MostAhead(std::int64_t each_us, std::uint32_t most) noexcept {
  const double doublings = std::log2(std::max(most, kLeastPrice) / double{kLeastPrice});
  return BurstMicros(each_us) + static_cast<std::int64_t>(doublings * kDoublingMicros);
}

static_assert(sizeof(std::atomic<std::int64_t>) == sizeof(std::int64_t));

}  // namespace

std::size_t PrefixPrices::BytesFor(std::size_t cells) noexcept {
  return cells * sizeof(std::atomic<std::int64_t>);
}

PrefixPrices::PrefixPrices(std::span<std::byte> memory) noexcept
    : taken_until_us_(reinterpret_cast<std::atomic<std::int64_t>*>(memory.data())),
      mask_(memory.size() / sizeof(std::atomic<std::int64_t>) - 1) {}

bool PrefixPrices::Note(std::uint64_t key, std::int64_t each_us, std::uint32_t most,
                        UnixMillis now) noexcept {
  if (taken_until_us_ == nullptr || each_us <= 0) return true;
  each_us = std::min(each_us, kMaxEachMicros);
  std::atomic<std::int64_t>& cell = taken_until_us_[key & mask_];
  const std::int64_t now_us = Micros(now);
  const std::int64_t most_us = now_us + MostAhead(each_us, most);
  std::int64_t until = cell.load(std::memory_order_relaxed);
  for (;;) {
    std::int64_t from = std::max(until, now_us);
    if (from > most_us + kClockStepMicros) from = now_us + BurstMicros(each_us);
    const bool within = from - now_us < BurstMicros(each_us);
    const std::int64_t next = std::min(from + each_us, most_us);
    if (cell.compare_exchange_weak(until, next, std::memory_order_relaxed)) return within;
  }
}

std::uint32_t PrefixPrices::PriceOf(std::uint64_t key, std::int64_t each_us, std::uint32_t most,
                                    UnixMillis now) const noexcept {
  if (taken_until_us_ == nullptr) return kLeastPrice;
  const std::int64_t until = taken_until_us_[key & mask_].load(std::memory_order_relaxed);
  const std::int64_t ahead = until - Micros(now);
  const std::int64_t excess = ahead - BurstMicros(each_us);
  if (excess <= 0 || ahead > MostAhead(each_us, most) + kClockStepMicros) return kLeastPrice;
  const double price = 0.5 + kLeastPrice * std::exp2(static_cast<double>(excess) / kDoublingMicros);
  return static_cast<std::uint32_t>(
      std::clamp<double>(price, kLeastPrice, std::max(most, kLeastPrice)));
}

}  // namespace stile
