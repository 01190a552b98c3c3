#include "verifier/tables/spend_ring.h"

#include <algorithm>
#include <atomic>
#include <limits>

namespace stile {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kWordsPerLine = kLine / 8;

// The words of the head, each in a line of its own: Issue writes the first with every number, and
// nobody should wait for that who reads the others.
constexpr std::size_t kNext = 0;
constexpr std::size_t kClock = kWordsPerLine;
constexpr std::size_t kVoid = 2 * kWordsPerLine;
constexpr std::size_t kHeadBytes = 3 * kLine;

constexpr int kLapShift = 56;  // Of a word of bits: an 8-bit lap above 56 tokens.
constexpr int kBlockLapShift = 32;
constexpr std::uint64_t kLatestMask = 0xFFFF'FFFF;
constexpr std::uint64_t kLatestSecond = std::numeric_limits<std::uint32_t>::max();

// How far a clock may be set back and only stand still.
constexpr std::uint64_t kStandstillSeconds = 60;

using Word = std::atomic_ref<std::uint64_t>;

std::size_t LinesFor(std::size_t words) noexcept {
  return (words + kWordsPerLine - 1) / kWordsPerLine;
}

std::size_t BytesForBlocks(std::size_t blocks, std::size_t words_per_block) noexcept {
  return kHeadBytes + LinesFor(blocks) * kLine + blocks * words_per_block * 8;
}

std::uint64_t LapBits(std::uint64_t lap) noexcept { return lap << kLapShift; }

// Raises `word` to at least `value`.
void Raise(Word word, std::uint64_t value) noexcept {
  std::uint64_t old = word.load(std::memory_order_acquire);
  while (old < value && !word.compare_exchange_weak(old, value, std::memory_order_acq_rel)) {
  }
}

}  // namespace

std::size_t SpendRing::BytesFor(std::size_t capacity) noexcept {
  constexpr std::size_t kTokensPerBlock = kBitsPerWord * kWordsPerBlock;
  const std::size_t tokens = std::clamp<std::size_t>(capacity, 1, kMaxCapacity);
  // One block more: the one that numbers are given from is not free as a whole.
  const std::size_t blocks = (tokens + kTokensPerBlock - 1) / kTokensPerBlock + 1;
  return BytesForBlocks(blocks, kWordsPerBlock);
}

SpendRing::SpendRing(std::span<std::byte> memory) noexcept {
  if (memory.size() < BytesFor(1)) return;
  std::size_t blocks = (memory.size() - kHeadBytes) / (kWordsPerBlock * 8 + 8);
  while (BytesForBlocks(blocks, kWordsPerBlock) > memory.size()) --blocks;
  head_ = reinterpret_cast<std::uint64_t*>(memory.data());
  blocks_ = head_ + kHeadBytes / 8;
  bits_ = blocks_ + LinesFor(blocks) * kWordsPerLine;
  words_ = blocks * kWordsPerBlock;
  // Of 2^64: words_ is no power of two, or it doesn't matter that this is one too small.
  reciprocal_ = std::numeric_limits<std::uint64_t>::max() / words_;
}

SpendRing::Place SpendRing::PlaceOf(std::uint64_t sequence) const noexcept {
  const std::uint64_t word = sequence / kBitsPerWord;
  // A division takes longer than all the rest of a spend. The product is at most two short of it.
  std::uint64_t lap = static_cast<std::uint64_t>(
      static_cast<__uint128_t>(word) * static_cast<__uint128_t>(reciprocal_) >> 64);
  std::uint64_t in_lap = word - lap * words_;
  while (in_lap >= words_) {
    in_lap -= words_;
    ++lap;
  }
  return Place{lap, static_cast<std::size_t>(in_lap),
               std::uint64_t{1} << (sequence - word * kBitsPerWord)};
}

std::uint64_t SpendRing::HeedClock(UnixMillis now) noexcept {
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(now.Seconds(), 0));
  const Word clock(head_[kClock]);
  std::uint64_t seen = clock.load(std::memory_order_acquire);
  for (;;) {
    if (seconds == seen) return seen;
    if (seconds < seen) {
      if (seen - seconds <= kStandstillSeconds) return seen;
      // First void and then back: whoever is killed in between has lost tokens and brought none
      // back.
      Raise(Word(head_[kVoid]), Word(head_[kNext]).load(std::memory_order_acquire));
    }
    if (clock.compare_exchange_weak(seen, seconds, std::memory_order_acq_rel)) return seconds;
  }
}

SpendRing::Entry SpendRing::EnterBlock(std::uint64_t next, const Place& place, std::uint64_t now,
                                       std::uint32_t expires_at) noexcept {
  const Word block(blocks_[place.word / kWordsPerBlock]);
  const auto lap = static_cast<std::uint32_t>(place.lap);
  const std::uint64_t entered = std::uint64_t{lap} << kBlockLapShift | expires_at;
  std::uint64_t word = block.load(std::memory_order_acquire);
  for (;;) {
    const auto block_lap = static_cast<std::uint32_t>(word >> kBlockLapShift);
    const std::uint64_t latest = word & kLatestMask;
    if (block_lap == lap) {
      if (latest >= expires_at) return Entry::kEntered;
    } else if (block_lap == static_cast<std::uint32_t>(lap - 1)) {
      // The last number of this block in the lap before. If it is void, so are the others.
      const std::size_t words_after = kWordsPerBlock - place.word % kWordsPerBlock;
      const std::uint64_t last =
          (next / kBitsPerWord + words_after) * kBitsPerWord - 1 - capacity();
      const bool is_void = last < Word(head_[kVoid]).load(std::memory_order_acquire);
      if (!is_void && latest > now) {
        // No token can be that late: the clock was ahead for a while. From here on it is as late
        // as one that was given just now.
        const std::uint64_t limit = now + SpendNumbers::kMaxTokenSeconds;
        if (latest > limit && limit <= kLatestSecond) {
          block.compare_exchange_strong(word, (word & ~kLatestMask) | limit,
                                        std::memory_order_acq_rel);
        }
        return Entry::kFull;
      }
    } else {
      return Entry::kPassed;
    }
    if (block.compare_exchange_weak(word, entered, std::memory_order_acq_rel)) {
      return Entry::kEntered;
    }
  }
}

void SpendRing::EnterWord(const Place& place) noexcept {
  const Word bits(bits_[place.word]);
  std::uint64_t word = bits.load(std::memory_order_acquire);
  // Anything else is of this lap, or of a later one, and then the number is no longer to be had.
  while (word >> kLapShift == ((place.lap - 1) & 0xFF)) {
    if (bits.compare_exchange_weak(word, LapBits(place.lap), std::memory_order_acq_rel)) return;
  }
}

bool SpendRing::Issue(UnixMillis now, std::uint32_t seconds, Number& out) noexcept {
  if (words_ == 0) return false;
  const std::uint64_t time = HeedClock(now);
  const std::uint64_t end = time + std::min<std::uint32_t>(seconds, SpendNumbers::kMaxTokenSeconds);
  if (end > kLatestSecond) return false;
  const auto expires_at = static_cast<std::uint32_t>(end);
  const Word counter(head_[kNext]);
  std::uint64_t next = counter.load(std::memory_order_acquire);
  for (;;) {
    const Place place = PlaceOf(next);
    // The expiry and the lap stand before the number is given: a number whose bit could be reused
    // too early never exists.
    switch (EnterBlock(next, place, time, expires_at)) {
      case Entry::kFull:
        return false;
      case Entry::kPassed: {
        const std::uint64_t later = counter.load(std::memory_order_acquire);
        if (later == next) return false;  // Not ours: no ring looks like this.
        next = later;
        continue;
      }
      case Entry::kEntered:
        break;
    }
    EnterWord(place);
    if (counter.compare_exchange_weak(next, next + 1, std::memory_order_acq_rel)) {
      out = Number{next, expires_at};
      return true;
    }
  }
}

SpendResult SpendRing::Spend(std::uint64_t sequence, std::uint32_t expires_at,
                             UnixMillis now) noexcept {
  if (words_ == 0) return SpendResult::kUnknown;
  const std::uint64_t time = HeedClock(now);
  if (expires_at <= time || expires_at - time > SpendNumbers::kMaxTokenSeconds) {
    return SpendResult::kUnknown;
  }
  const Word counter(head_[kNext]);
  const std::uint64_t next = counter.load(std::memory_order_acquire);
  if (sequence >= next || next - sequence > capacity() ||
      sequence < Word(head_[kVoid]).load(std::memory_order_acquire)) {
    return SpendResult::kUnknown;
  }
  const Place place = PlaceOf(sequence);
  const Word bits(bits_[place.word]);
  std::uint64_t word = bits.load(std::memory_order_acquire);
  do {
    if (word >> kLapShift != (place.lap & 0xFF)) return SpendResult::kUnknown;
    if ((word & place.bit) != 0) return SpendResult::kSpent;
  } while (!bits.compare_exchange_weak(word, word | place.bit, std::memory_order_acq_rel));
  // Whoever slept between the two for 256 laps has met a word that looks the same and is not.
  if (counter.load(std::memory_order_acquire) - sequence > capacity()) return SpendResult::kUnknown;
  return SpendResult::kFresh;
}

std::uint64_t SpendRing::issued() const noexcept {
  return words_ == 0 ? 0 : Word(head_[kNext]).load(std::memory_order_acquire);
}

}  // namespace stile
