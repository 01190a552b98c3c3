#include "verifier/rate_table.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <string>

namespace stile {
namespace {

constexpr std::size_t kMinCells = 64;
constexpr std::size_t kMaxCells = std::size_t{1} << 30;
constexpr std::uint32_t kMaxCount = 1'000'000'000;
constexpr std::int64_t kMicrosInMilli = 1000;

// Bounds under which no sum of a time, a tolerance and an interval overflows: the year 128000, and
// half of that.
constexpr std::int64_t kMaxNowMillis = 4'000'000'000'000'000;
constexpr std::int64_t kMaxToleranceMicros = 2'000'000'000'000'000'000;

// A cell can only be this much further ahead than its burst allows if the clock went back.
constexpr std::int64_t kClockStepMicros = 60'000'000;

std::int64_t Micros(UnixMillis now) noexcept {
  return std::clamp(now.value, -kMaxNowMillis, kMaxNowMillis) * kMicrosInMilli;
}

std::size_t RoundedUp(std::size_t cells) noexcept {
  return std::bit_ceil(std::max(cells, kMinCells));
}

tl::unexpected<Error> OutOfRange(std::string message) {
  return tl::unexpected<Error>(Error{ErrorCode::kOutOfRange, "", std::move(message)});
}

static_assert(sizeof(std::atomic<std::int64_t>) == sizeof(std::int64_t));

}  // namespace

RateTable::RateTable(const Rate& rate, std::size_t cells) noexcept : mask_(cells - 1) {
  const std::int64_t period_us = rate.period.count() * kMicrosInMilli;
  const std::int64_t count = rate.count;
  interval_us_ = (period_us + count - 1) / count;
  const std::int64_t more = std::int64_t{rate.burst} - 1;
  tolerance_us_ =
      more > kMaxToleranceMicros / interval_us_ ? kMaxToleranceMicros : more * interval_us_;
}

tl::expected<std::unique_ptr<RateTable>, Error> RateTable::CreateEmpty(const Rate& rate,
                                                                       std::size_t cells) {
  if (rate.count == 0 || rate.count > kMaxCount) {
    return OutOfRange("A rate's count must be 1 to 1,000,000,000.");
  }
  if (rate.burst == 0 || rate.burst > kMaxCount) {
    return OutOfRange("A rate's burst must be 1 to 1,000,000,000.");
  }
  if (rate.period.count() <= 0 || rate.period > std::chrono::hours{24}) {
    return OutOfRange("A rate's period must be longer than 0 and at most one day.");
  }
  if (cells > kMaxCells) return OutOfRange("A rate table must have at most 2^30 cells.");
  return std::unique_ptr<RateTable>(new RateTable(rate, RoundedUp(cells)));
}

tl::expected<std::unique_ptr<RateTable>, Error> RateTable::Create(const Rate& rate,
                                                                  std::size_t cells) {
  auto table = CreateEmpty(rate, cells);
  if (!table) return table;
  (*table)->own_.reset(new (std::nothrow) std::atomic<std::int64_t>[RoundedUp(cells)]());
  (*table)->next_us_ = (*table)->own_.get();
  if ((*table)->own_ == nullptr) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "There is no memory for a rate table of this size."});
  }
  Entropy entropy;
  if (!entropy.Fill((*table)->hash_key_)) {
    return tl::unexpected<Error>(
        Error{ErrorCode::kInternal, "", "The system gives no randomness for a rate table's key."});
  }
  return table;
}

tl::expected<std::unique_ptr<RateTable>, Error> RateTable::CreateIn(
    const Rate& rate, std::size_t cells, std::span<std::byte> memory,
    const std::array<std::uint8_t, 16>& key) {
  auto table = CreateEmpty(rate, cells);
  if (!table) return table;
  if (memory.size() < BytesFor(cells)) return OutOfRange("A rate table's memory is too small.");
  (*table)->next_us_ = reinterpret_cast<std::atomic<std::int64_t>*>(memory.data());
  (*table)->hash_key_ = key;
  return table;
}

std::size_t RateTable::BytesFor(std::size_t cells) noexcept {
  return RoundedUp(std::min(cells, kMaxCells)) * sizeof(std::atomic<std::int64_t>);
}

bool RateTable::Take(std::uint64_t key, UnixMillis now) noexcept {
  std::atomic<std::int64_t>& cell = next_us_[CellOf(key)];
  const std::int64_t now_us = Micros(now);
  const std::int64_t fullest = now_us + tolerance_us_ + interval_us_;
  std::int64_t next = cell.load(std::memory_order_relaxed);
  for (;;) {
    if (next > fullest + kClockStepMicros) {
      // The clock went back. As if the burst had just been used up, so that a cell comes back in
      // one interval and not after the whole step.
      if (cell.compare_exchange_weak(next, fullest, std::memory_order_relaxed)) return false;
      continue;
    }
    const std::int64_t from = std::max(next, now_us);
    if (from - now_us > tolerance_us_) return false;
    if (cell.compare_exchange_weak(next, from + interval_us_, std::memory_order_relaxed)) {
      return true;
    }
  }
}

UnixMillis RateTable::NextAt(std::uint64_t key, UnixMillis now) const noexcept {
  const std::int64_t now_us = Micros(now);
  const std::int64_t fullest = now_us + tolerance_us_ + interval_us_;
  std::int64_t next = next_us_[CellOf(key)].load(std::memory_order_relaxed);
  if (next > fullest + kClockStepMicros) next = fullest;
  const std::int64_t at_us = next - tolerance_us_;
  if (at_us <= now_us) return now;
  return UnixMillis{(at_us + kMicrosInMilli - 1) / kMicrosInMilli};
}

std::uint64_t RateTable::PrefixKey(const IpAddress& address, int ipv4_prefix,
                                   int ipv6_prefix) noexcept {
  // An IPv4 prefix leaves the low half free. Filled with ones it is no IPv6 prefix of less than 64
  // bits.
  if (!address.is_v6()) return address.Prefix(ipv4_prefix) | 0xFFFFFFFFU;
  return address.Prefix(ipv6_prefix);
}

std::size_t RateTable::CellOf(std::uint64_t key) const noexcept {
  static_assert(crypto_shorthash_KEYBYTES == sizeof hash_key_);
  std::uint8_t in[sizeof key];
  std::uint8_t out[crypto_shorthash_BYTES];
  std::memcpy(in, &key, sizeof key);
  crypto_shorthash(out, in, sizeof in, hash_key_.data());
  std::uint64_t hash;
  std::memcpy(&hash, out, sizeof hash);
  return static_cast<std::size_t>(hash) & mask_;
}

}  // namespace stile
