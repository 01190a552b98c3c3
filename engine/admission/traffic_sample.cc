#include "engine/admission/traffic_sample.h"

#include <cstring>
#include <type_traits>

namespace stile {

static_assert(std::is_trivially_copyable_v<RequestSample>);

void TrafficSample::Take(const Request& request, const Decision& decision,
                         std::uint32_t pinned_site) noexcept {
  const auto kind = static_cast<std::size_t>(KindOf(decision));
  Standing standing;
  if (decision.rank_held != 0 || decision.by_grace) {
    const Clearance& clearance = decision.finding.clearance;
    standing = {clearance.rank, clearance.puzzle, clearance.effort_log2, clearance.key_id,
                clearance.issued_at};
  }
  RequestSample sample;
  if (!sample.Take(request, standing, pinned_site)) {
    left_[kind] = kEvery;
    return;
  }
  std::size_t first = 0;
  for (std::size_t i = 0; i < kind; ++i) first += kPlaces[i];
  Write(places_[first + taken_[kind] % kPlaces[kind]], sample);
  ++taken_[kind];
  left_[kind] = taken_[kind] < kPlaces[kind] ? 1 : kEvery;
}

void TrafficSample::Write(Place& place, const RequestSample& sample) noexcept {
  const std::uint32_t version = place.version.load(std::memory_order_relaxed);
  place.version.store(version + 1, std::memory_order_relaxed);
  const std::size_t bytes = sample.UsedBytes();
  const char* from = reinterpret_cast<const char*>(&sample);
  for (std::size_t i = 0; i * 8 < bytes; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, from + i * 8, bytes - i * 8 < 8 ? bytes - i * 8 : 8);
    place.words[i].store(word, std::memory_order_release);
  }
  // Past the odd ones: 0 stays for a place that nothing was ever written to.
  place.version.store(version + 2 == 0 ? 2 : version + 2, std::memory_order_release);
}

bool TrafficSample::Read(const Place& place, RequestSample& sample) noexcept {
  const std::uint32_t version = place.version.load(std::memory_order_acquire);
  if (version == 0 || version % 2 != 0) return false;
  std::array<std::uint64_t, kWords> words;
  for (std::size_t i = 0; i < kWords; ++i)
    words[i] = place.words[i].load(std::memory_order_acquire);
  if (place.version.load(std::memory_order_relaxed) != version) return false;
  std::memcpy(static_cast<void*>(&sample), words.data(), sizeof sample);
  return true;
}

void TrafficSample::AppendTo(std::vector<RequestSample>& samples) const {
  for (const Place& place : places_) {
    RequestSample sample;
    if (Read(place, sample)) samples.push_back(sample);
  }
}

}  // namespace stile
