#include "service/memory_refusals.h"

#include <array>
#include <atomic>

namespace stile {
namespace {

std::array<std::atomic<std::uint64_t>, kMemoryPlaceCount> counts;
std::atomic<const std::function<void()>*> hearer{nullptr};

}  // namespace

void NoteMemoryRefusal(MemoryPlace place) noexcept {
  counts[static_cast<std::size_t>(place)].fetch_add(1, std::memory_order_relaxed);
  // The main thread looks by itself, and must not be kept from its sleep by what it can't do.
  if (place == MemoryPlace::kMain) return;
  if (const auto* const told = hearer.load()) (*told)();
}

std::uint64_t MemoryRefusals(MemoryPlace place) noexcept {
  return counts[static_cast<std::size_t>(place)].load(std::memory_order_relaxed);
}

std::uint64_t MemoryRefusals() noexcept {
  std::uint64_t all = 0;
  for (const auto& count : counts) all += count.load(std::memory_order_relaxed);
  return all;
}

void OnMemoryRefusal(const std::function<void()>* told) noexcept { hearer.store(told); }

}  // namespace stile
