#include "verifier/tables/revocation_table.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

namespace stile {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kWays = 8;
constexpr std::size_t kMinPlaces = 64;
constexpr std::size_t kMaxPlaces = std::size_t{1} << 24;

// A word: the tag, then the minute since 1970 in which the revocation ends. 0: a free place.
constexpr int kMinuteBits = 26;  // Until 2097.
constexpr std::uint64_t kMinuteMask = (std::uint64_t{1} << kMinuteBits) - 1;
constexpr std::int64_t kMillisInMinute = 60'000;

std::uint64_t TagOf(std::uint64_t word) noexcept { return word & ~kMinuteMask; }
std::uint64_t MinuteOf(std::uint64_t word) noexcept { return word & kMinuteMask; }

// Both of a time at or before 1970 are 0.
std::uint64_t MinuteBefore(UnixMillis time) noexcept {
  const std::int64_t minute = std::max<std::int64_t>(time.value, 0) / kMillisInMinute;
  return std::min(static_cast<std::uint64_t>(minute), kMinuteMask);
}
std::uint64_t MinuteAfter(UnixMillis time) noexcept {
  const std::int64_t millis = std::max<std::int64_t>(time.value, 0);
  const std::int64_t minute = millis / kMillisInMinute + (millis % kMillisInMinute != 0 ? 1 : 0);
  return std::min(static_cast<std::uint64_t>(minute), kMinuteMask);
}

// Holds until the minute has come.
bool Holds(std::uint64_t word, std::uint64_t minute) noexcept { return MinuteOf(word) > minute; }

// Folds the whole product of two words. Ids are random and come under a MAC, so that this needs to
// spread, and not to withstand.
std::uint64_t Fold(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::atomic_ref<std::uint64_t> Atomic(std::uint64_t& word) noexcept {
  static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);
  return std::atomic_ref<std::uint64_t>(word);
}

}  // namespace

std::size_t RevocationTable::PlacesFor(std::size_t places) noexcept {
  return std::bit_ceil(std::clamp(places, kMinPlaces, kMaxPlaces));
}

std::size_t RevocationTable::BytesFor(std::size_t places) noexcept {
  return kLine + PlacesFor(places) * sizeof(std::uint64_t);
}

RevocationTable::RevocationTable(std::span<std::byte> memory, std::size_t places,
                                 const TableKey& key) noexcept
    : used_(reinterpret_cast<std::uint64_t*>(memory.data())),
      words_(reinterpret_cast<std::uint64_t*>(memory.data() + kLine)),
      mask_(PlacesFor(places) - 1) {
  std::memcpy(key_, key.data(), sizeof key_);
}

RevocationTable::Place RevocationTable::PlaceOf(const TokenId& id) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, id.data(), sizeof halves);
  const std::uint64_t a = halves[0] ^ key_[0];
  const std::uint64_t b = halves[1] ^ key_[1];
  constexpr std::uint64_t kOdd[] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9};
  const std::uint64_t first = Fold(a ^ kOdd[0], b ^ kOdd[1]);
  const std::uint64_t second = Fold(a ^ kOdd[2], std::rotl(b, 32) ^ kOdd[0]);
  Place place;
  place.tag = second & ~kMinuteMask;
  place.buckets[0] = first & mask_ & ~(kWays - 1);
  place.buckets[1] = (first >> 32) & mask_ & ~(kWays - 1);
  return place;
}

std::uint64_t RevocationTable::Load(std::size_t word) const noexcept {
  return Atomic(words_[word]).load(std::memory_order_relaxed);
}

bool RevocationTable::IsRevoked(const TokenId& id, UnixMillis now) const noexcept {
  if (Atomic(*used_).load(std::memory_order_relaxed) == 0) return false;
  const Place place = PlaceOf(id);
  const std::uint64_t minute = MinuteBefore(now);
  for (const std::size_t bucket : place.buckets) {
    for (std::size_t i = 0; i < kWays; ++i) {
      const std::uint64_t word = Load(bucket + i);
      if (TagOf(word) == place.tag && Holds(word, minute)) return true;
    }
  }
  return false;
}

bool RevocationTable::Revoke(const TokenId& id, UnixMillis until, UnixMillis now) noexcept {
  if (until <= now) return false;
  const Place place = PlaceOf(id);
  const std::uint64_t minute = MinuteBefore(now);
  const std::uint64_t ends = MinuteAfter(until);
  if (ends <= minute) return false;
  const std::uint64_t word = place.tag | ends;
  Atomic(*used_).store(1, std::memory_order_relaxed);
  for (;;) {
    bool raced = false;
    for (const std::size_t bucket : place.buckets) {
      for (std::size_t i = 0; i < kWays; ++i) {
        std::uint64_t held = Load(bucket + i);
        if (MinuteOf(held) == 0 || TagOf(held) != place.tag) continue;
        if (Atomic(words_[bucket + i]).compare_exchange_strong(held, word)) return true;
        raced = true;
      }
    }
    if (!raced && Insert(place, word, minute, raced)) return true;
    if (!raced) return false;
  }
}

bool RevocationTable::Insert(const Place& place, std::uint64_t word, std::uint64_t minute,
                             bool& raced) noexcept {
  std::size_t free_count[2] = {};
  std::size_t free_at[2] = {};
  for (std::size_t b = 0; b < 2; ++b) {
    for (std::size_t i = 0; i < kWays; ++i) {
      if (Holds(Load(place.buckets[b] + i), minute)) continue;
      ++free_count[b];
      free_at[b] = place.buckets[b] + i;
    }
  }
  const std::size_t chosen = free_count[1] > free_count[0] ? 1 : 0;
  if (free_count[chosen] == 0) return false;
  std::uint64_t held = Load(free_at[chosen]);
  if (!Holds(held, minute) && Atomic(words_[free_at[chosen]]).compare_exchange_strong(held, word)) {
    return true;
  }
  raced = true;
  return false;
}

bool RevocationTable::Reinstate(const TokenId& id, UnixMillis now) noexcept {
  const Place place = PlaceOf(id);
  const std::uint64_t minute = MinuteBefore(now);
  bool was = false;
  // Two who revoked the same id at the same time may each have put it somewhere.
  for (const std::size_t bucket : place.buckets) {
    for (std::size_t i = 0; i < kWays; ++i) {
      std::uint64_t held = Load(bucket + i);
      while (MinuteOf(held) != 0 && TagOf(held) == place.tag) {
        if (!Atomic(words_[bucket + i]).compare_exchange_weak(held, 0)) continue;
        was = was || Holds(held, minute);
        break;
      }
    }
  }
  return was;
}

std::size_t RevocationTable::Count(UnixMillis now) const noexcept {
  const std::uint64_t minute = MinuteBefore(now);
  std::size_t count = 0;
  for (std::size_t i = 0; i <= mask_; ++i) count += Holds(Load(i), minute) ? 1 : 0;
  return count;
}

}  // namespace stile
