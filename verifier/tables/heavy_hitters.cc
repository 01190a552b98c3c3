#include "verifier/tables/heavy_hitters.h"

#include <algorithm>
#include <atomic>
#include <limits>

namespace stile {
namespace {

using Word = std::uint64_t;

constexpr std::int64_t kPeriodMillis = 300'000;

Word Load(const Word& word) noexcept {
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(std::memory_order_relaxed);
}
void Store(Word& word, Word value) noexcept {
  std::atomic_ref<Word>(word).store(value, std::memory_order_relaxed);
}

std::uint16_t PeriodOf(UnixMillis now) noexcept {
  return static_cast<std::uint16_t>(now.value / kPeriodMillis);
}

// Whose weight this is, as far as 16 bits say. Never 0, so that a zero word is nobody's.
std::uint16_t CheckOf(const HitterId& id) noexcept {
  Word mixed = (id.high ^ (id.low * 0x9E3779B97F4A7C15) ^ id.site) * 0xD6E8FEB86659FD93;
  mixed ^= mixed >> 32;
  return static_cast<std::uint16_t>(mixed | 1);
}

// Check, period of the last change and weight, in one word.
Word WordOf(std::uint16_t check, std::uint16_t period, std::uint32_t weight) noexcept {
  return Word{check} << 48 | Word{period} << 32 | weight;
}

std::uint32_t WeightAt(Word word, std::uint16_t period) noexcept {
  const auto then = static_cast<std::uint16_t>(word >> 32);
  const auto age = static_cast<std::uint16_t>(period - then);
  // A period that is yet to come: the clock went back a little.
  if (age > std::numeric_limits<std::uint16_t>::max() / 2) return static_cast<std::uint32_t>(word);
  return age > 31 ? 0 : static_cast<std::uint32_t>(word) >> age;
}

}  // namespace

struct HeavyHitters::Entry {
  Word high;
  Word low;
  Word site;
  Word weight;

  [[nodiscard]] HitterId id() const noexcept {
    return {Load(high), Load(low), static_cast<std::uint32_t>(Load(site))};
  }
  [[nodiscard]] Word Seen() const noexcept {
    return std::atomic_ref<Word>(const_cast<Word&>(weight)).load(std::memory_order_acquire);
  }
  [[nodiscard]] bool Replace(Word seen, Word wanted) noexcept {
    return std::atomic_ref<Word>(weight).compare_exchange_strong(seen, wanted,
                                                                 std::memory_order_acq_rel);
  }
};

std::size_t HeavyHitters::BytesFor(std::size_t sets) noexcept {
  return std::max<std::size_t>(sets, 1) * kPerSet * sizeof(Entry);
}

HeavyHitters::HeavyHitters(std::span<std::byte> memory) noexcept
    : entries_(reinterpret_cast<Entry*>(memory.data())),
      sets_(memory.size() / (kPerSet * sizeof(Entry))) {}

void HeavyHitters::Add(std::uint64_t key, const HitterId& id, std::uint32_t weight,
                       UnixMillis now) noexcept {
  if (sets_ == 0) return;
  Entry* set = entries_ + ((key >> 32) * sets_ >> 32) * kPerSet;
  const std::uint16_t check = CheckOf(id);
  const std::uint16_t period = PeriodOf(now);
  Entry* weakest = nullptr;
  Word weakest_seen = 0;
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (Entry* entry = set; entry != set + kPerSet; ++entry) {
    const Word seen = entry->Seen();
    const std::uint32_t current = seen == 0 ? 0 : WeightAt(seen, period);
    if (seen >> 48 == check && entry->id() == id) {
      const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - current;
      static_cast<void>(
          entry->Replace(seen, WordOf(check, period, current + std::min(weight, room))));
      return;
    }
    if (weakest == nullptr || current < least) {
      weakest = entry;
      weakest_seen = seen;
      least = current;
    }
  }
  if (least > weight) {
    const auto owner = static_cast<std::uint16_t>(weakest_seen >> 48);
    static_cast<void>(weakest->Replace(weakest_seen, WordOf(owner, period, least - weight)));
    return;
  }
  // Until the id is there too, its check tells that it isn't.
  if (!weakest->Replace(weakest_seen, WordOf(check, period, weight))) return;
  Store(weakest->high, id.high);
  Store(weakest->low, id.low);
  Store(weakest->site, id.site);
}

std::size_t HeavyHitters::Top(std::span<HeavyHitter> out, UnixMillis now) const noexcept {
  const std::uint16_t period = PeriodOf(now);
  std::size_t count = 0;
  for (const Entry* entry = entries_; entry != entries_ + sets_ * kPerSet; ++entry) {
    const Word seen = entry->Seen();
    const HeavyHitter hitter{entry->id(), seen == 0 ? 0 : WeightAt(seen, period)};
    if (hitter.weight == 0 || seen >> 48 != CheckOf(hitter.id)) continue;
    std::size_t at = count;
    while (at > 0 && out[at - 1].weight < hitter.weight) --at;
    if (at == out.size()) continue;
    count = std::min(count + 1, out.size());
    for (std::size_t i = count - 1; i > at; --i) out[i] = out[i - 1];
    out[at] = hitter;
  }
  return count;
}

}  // namespace stile
