#include "verifier/redeem_memo.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace stile {
namespace {

// An entry: fingerprint (50 bits), stamp (8), bad solutions (2), solved alternatives (4). 0 is an
// empty place: an entry that says nothing is not kept.
constexpr std::size_t kWays = 8;
constexpr std::size_t kMinEntries = 64;
constexpr std::size_t kMaxEntries = std::size_t{1} << 30;

constexpr std::uint64_t kSolvedMask = 0xF;
constexpr int kBadShift = 4;
constexpr std::uint64_t kBadMask = 0x3;
constexpr int kStampShift = 6;
constexpr int kFingerprintShift = 14;
constexpr std::uint64_t kFingerprintMask = ~std::uint64_t{0} << kFingerprintShift;

std::size_t RoundedUp(std::size_t entries) noexcept {
  return std::bit_ceil(std::clamp(entries, kMinEntries, kMaxEntries));
}

std::uint64_t SolvedOf(std::uint64_t word) noexcept { return word & kSolvedMask; }
std::uint64_t BadOf(std::uint64_t word) noexcept { return word >> kBadShift & kBadMask; }
std::uint8_t StampOf(std::uint64_t word) noexcept {
  return static_cast<std::uint8_t>(word >> kStampShift);
}

std::uint64_t Load(const std::uint8_t* bytes) noexcept {
  std::uint64_t x;
  std::memcpy(&x, bytes, sizeof x);
  return x;
}

std::uint64_t FingerprintOf(const Tag& tag) noexcept {
  return Load(tag.bytes.data() + 8) & kFingerprintMask;
}

// How many insertions into its bucket an entry has seen, less for one that is worth more. What ends
// a challenge stays four times as long as a first bad try, which costs its sender nothing; and
// since everything ages, no flood fills the table for good.
int Dispensability(std::uint64_t word, std::uint8_t newest) noexcept {
  if (word == 0) return 1 << 10;
  const int age = static_cast<std::uint8_t>(newest - StampOf(word));
  if (BadOf(word) >= RedeemMemo::kMaxBadSolutions) return age;
  return SolvedOf(word) != 0 ? age * 2 : age * 4;
}

std::uint64_t With(std::uint64_t word, std::uint64_t solved, std::uint64_t bad,
                   std::uint8_t stamp) noexcept {
  const std::uint64_t bad_now =
      std::min<std::uint64_t>(BadOf(word) + bad, RedeemMemo::kMaxBadSolutions);
  return (word & kFingerprintMask) | std::uint64_t{stamp} << kStampShift | bad_now << kBadShift |
         SolvedOf(word) | solved;
}

}  // namespace

RedeemMemo::RedeemMemo(std::size_t entries)
    : mask_(RoundedUp(entries) - 1),
      own_(std::make_unique<std::atomic<std::uint64_t>[]>(mask_ + 1)),
      words_(own_.get()) {}

RedeemMemo::RedeemMemo(std::size_t entries, std::span<std::byte> memory) noexcept
    : mask_(RoundedUp(entries) - 1),
      words_(reinterpret_cast<std::atomic<std::uint64_t>*>(memory.data())) {}

std::size_t RedeemMemo::BytesFor(std::size_t entries) noexcept {
  return RoundedUp(entries) * sizeof(std::atomic<std::uint64_t>);
}

std::atomic<std::uint64_t>* RedeemMemo::BucketOf(const Tag& challenge) const noexcept {
  return &words_[Load(challenge.bytes.data()) & mask_ & ~(kWays - 1)];
}

RedeemMemo::Recollection RedeemMemo::Recall(const Tag& challenge) const noexcept {
  const std::atomic<std::uint64_t>* bucket = BucketOf(challenge);
  const std::uint64_t fingerprint = FingerprintOf(challenge);
  std::uint64_t solved = 0;
  std::uint64_t bad = 0;
  // Two threads that remember the same challenge for the first time may each make an entry: what
  // they say adds up.
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::uint64_t word = bucket[i].load(std::memory_order_acquire);
    if (word == 0 || (word & kFingerprintMask) != fingerprint) continue;
    solved |= SolvedOf(word);
    bad += BadOf(word);
  }
  Recollection recollection;
  recollection.solved = static_cast<std::uint8_t>(solved);
  recollection.bad =
      static_cast<std::uint8_t>(std::min<std::uint64_t>(bad, RedeemMemo::kMaxBadSolutions));
  return recollection;
}

void RedeemMemo::Add(const Tag& challenge, std::uint64_t solved, std::uint64_t bad) noexcept {
  std::atomic<std::uint64_t>* bucket = BucketOf(challenge);
  const std::uint64_t fingerprint = FingerprintOf(challenge);
  // Ends when a word was exchanged; whoever made an exchange fail has finished its own.
  for (;;) {
    std::uint64_t words[kWays];
    std::size_t own = kWays;
    std::uint8_t newest = 0;
    bool any = false;
    for (std::size_t i = 0; i < kWays; ++i) {
      words[i] = bucket[i].load(std::memory_order_acquire);
      if (words[i] == 0) continue;
      if (own == kWays && (words[i] & kFingerprintMask) == fingerprint) own = i;
      // Stamps wrap; all of a bucket's lie within half a turn of each other.
      const std::uint8_t stamp = StampOf(words[i]);
      if (!any || static_cast<std::int8_t>(stamp - newest) > 0) newest = stamp;
      any = true;
    }
    std::size_t place = own;
    if (own == kWays) {
      place = 0;
      for (std::size_t i = 1; i < kWays; ++i) {
        if (Dispensability(words[i], newest) > Dispensability(words[place], newest)) place = i;
      }
      ++newest;
    }
    const std::uint64_t before = own == kWays ? fingerprint : words[place];
    if (bucket[place].compare_exchange_strong(words[place], With(before, solved, bad, newest),
                                              std::memory_order_acq_rel)) {
      return;
    }
  }
}

void RedeemMemo::RememberSolved(const Tag& challenge, std::size_t alternative) noexcept {
  Add(challenge, std::uint64_t{1} << alternative & kSolvedMask, 0);
}

void RedeemMemo::RememberBad(const Tag& challenge) noexcept { Add(challenge, 0, 1); }

}  // namespace stile
