#include "verifier/tables/merge_seat.h"

#include <atomic>

namespace stile {
namespace {

using Word = std::uint64_t;

// In the first word who it is, and until when in seconds, 32 bits each; in the second, the mark.
constexpr std::size_t kHolder = 0;
constexpr std::size_t kHeard = 1;

std::uint32_t SecondsOf(UnixMillis time) noexcept {
  return static_cast<std::uint32_t>(time.value / 1000);
}

Word Load(Word& word) noexcept { return std::atomic_ref<Word>(word).load(); }
bool Replace(Word& word, Word seen, Word wanted) noexcept {
  return std::atomic_ref<Word>(word).compare_exchange_strong(seen, wanted);
}

}  // namespace

MergeSeat::MergeSeat(std::span<std::byte> memory) noexcept
    : words_(memory.size() >= kBytes ? reinterpret_cast<Word*>(memory.data()) : nullptr) {}

bool MergeSeat::Take(std::uint32_t who, UnixMillis now) noexcept {
  if (words_ == nullptr) return false;
  const Word seen = Load(words_[kHolder]);
  const std::uint32_t left = static_cast<std::uint32_t>(seen) - SecondsOf(now);
  const std::uint32_t lasts = SecondsOf(UnixMillis{kLasts.count()});
  const bool is_free = seen == 0 || seen >> 32 == who || left == 0 || left > lasts;
  return is_free && Replace(words_[kHolder], seen, Word{who} << 32 | (SecondsOf(now) + lasts));
}

void MergeSeat::Leave(std::uint32_t who) noexcept {
  if (words_ == nullptr) return;
  const Word seen = Load(words_[kHolder]);
  if (seen >> 32 == who) static_cast<void>(Replace(words_[kHolder], seen, 0));
}

std::uint64_t MergeSeat::heard() const noexcept {
  return words_ == nullptr ? 0 : Load(words_[kHeard]);
}

bool MergeSeat::Hear(std::uint64_t from, std::uint64_t to) noexcept {
  return words_ != nullptr && Replace(words_[kHeard], from, to);
}

}  // namespace stile
