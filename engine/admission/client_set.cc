#include "engine/admission/client_set.h"

#include <bit>
#include <cmath>

namespace stile {

double ClientSet::Count() const noexcept {
  std::size_t taken = 0;
  for (const auto& word : words_) {
    taken += static_cast<std::size_t>(std::popcount(word.load(std::memory_order_relaxed)));
  }
  // Several clients share a bit: the more there are, the more of them.
  constexpr double kBits = kWords * 64.0;
  const double free = kBits - static_cast<double>(taken);
  return std::round(-kBits * std::log((free < 1 ? 1 : free) / kBits));
}

void ClientSet::Clear() noexcept {
  for (auto& word : words_) word.store(0, std::memory_order_relaxed);
}

}  // namespace stile
