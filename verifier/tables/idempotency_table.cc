#include "verifier/tables/idempotency_table.h"

#include <algorithm>
#include <atomic>
#include <bit>

namespace stile {
namespace {

constexpr std::size_t kWays = 8;
constexpr std::size_t kBucketSize = kWays * 16;
constexpr std::size_t kMinEntries = 64;
constexpr std::size_t kNoPlace = ~std::size_t{0};

// The first word of an entry: expiry (32 bits), tag (30), what is known (2). The second is more of
// the attempt, written by whoever claimed the first.
constexpr int kExpiryShift = 32;
constexpr std::uint64_t kTagMask = 0xFFFF'FFFC;
constexpr std::uint64_t kKnownMask = 3;
constexpr std::uint64_t kOpen = 1;
constexpr std::uint64_t kAccepted = 2;

using Word = std::atomic_ref<std::uint64_t>;

// What of an attempt the first word doesn't hold, nor the bucket it is in.
std::uint64_t RestOf(const IdempotencyId& attempt) noexcept {
  return attempt.low ^ std::rotl(attempt.high, 32);
}

bool IsFree(std::uint64_t word, std::uint64_t now) noexcept {
  return (word & kKnownMask) == 0 || word >> kExpiryShift <= now;
}

}  // namespace

struct IdempotencyTable::Entry {
  std::uint64_t state;
  std::uint64_t rest;
};

std::size_t IdempotencyTable::BytesFor(std::size_t entries) noexcept {
  static_assert(kBucketSize == kWays * sizeof(Entry));
  const std::size_t places = std::clamp(entries, kMinEntries, kMaxEntries) * 3 / 2;
  return (places + kWays - 1) / kWays * kBucketSize;
}

IdempotencyTable::IdempotencyTable(std::span<std::byte> memory) noexcept {
  if (memory.size() < kBucketSize) return;
  entries_ = reinterpret_cast<Entry*>(memory.data());
  buckets_ = memory.size() / kBucketSize;
}

// What an attempt's two buckets say about it.
struct IdempotencyTable::Look {
  State state = State::kFull;   // kFull: nothing.
  std::size_t free = kNoPlace;  // The first place that can be had in the bucket that has more.
  std::uint64_t free_word = 0;
};

IdempotencyTable::Look IdempotencyTable::LookFor(const IdempotencyId& attempt, std::size_t except,
                                                 std::uint64_t now) const noexcept {
  Look look;
  std::size_t most_free = 0;
  for (const std::uint64_t half : {attempt.high, attempt.low}) {
    const std::size_t first = ((half >> 32) * buckets_ >> 32) * kWays;
    std::size_t free = 0;
    Look here;
    for (std::size_t place = first; place < first + kWays; ++place) {
      Entry& entry = entries_[place];
      const std::uint64_t word = Word(entry.state).load(std::memory_order_seq_cst);
      if (IsFree(word, now)) {
        if (free++ == 0) here = {State::kFull, place, word};
        continue;
      }
      if (place == except || (word & kTagMask) != (attempt.high & kTagMask)) continue;
      if ((word & kKnownMask) == kAccepted) {
        // Only if it is still what it was: the two words are read one after the other.
        if (Word(entry.rest).load(std::memory_order_seq_cst) == RestOf(attempt) &&
            Word(entry.state).load(std::memory_order_seq_cst) == word) {
          look.state = State::kAccepted;
          return look;
        }
      } else {
        look.state = State::kOpen;  // Or of one that looks the same so far: its rest is to come.
      }
    }
    if (free > most_free) {
      most_free = free;
      look.free = here.free;
      look.free_word = here.free_word;
    }
  }
  return look;
}

IdempotencyTable::Claim IdempotencyTable::Find(const IdempotencyId& attempt,
                                               std::uint32_t expires_at, UnixMillis now) noexcept {
  if (entries_ == nullptr) return {};
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(now.Seconds(), 0));
  for (;;) {
    const Look look = LookFor(attempt, kNoPlace, seconds);
    if (look.state != State::kFull) return Claim{look.state, 0, 0};
    if (look.free == kNoPlace) return {};
    Entry& entry = entries_[look.free];
    const std::uint64_t claimed =
        std::uint64_t{expires_at} << kExpiryShift | (attempt.high & kTagMask) | kOpen;
    std::uint64_t expected = look.free_word;
    if (!Word(entry.state).compare_exchange_strong(expected, claimed, std::memory_order_seq_cst)) {
      continue;
    }
    Word(entry.rest).store(RestOf(attempt), std::memory_order_seq_cst);
    const Claim claim{State::kClaimed, look.free, claimed};
    // Two calls may have claimed two places for the same attempt. Each that sees the other steps
    // back.
    const Look again = LookFor(attempt, claim.place, seconds);
    if (again.state == State::kFull) return claim;
    Withdraw(claim);
    return Claim{again.state, 0, 0};
  }
}

void IdempotencyTable::Settle(const Claim& claim, std::uint64_t word) noexcept {
  if (claim.state != State::kClaimed) return;
  std::uint64_t expected = claim.word;
  Word(entries_[claim.place].state)
      .compare_exchange_strong(expected, word, std::memory_order_seq_cst);
}

void IdempotencyTable::Confirm(const Claim& claim) noexcept {
  Settle(claim, (claim.word & ~kKnownMask) | kAccepted);
}

void IdempotencyTable::Withdraw(const Claim& claim) noexcept { Settle(claim, 0); }

}  // namespace stile
