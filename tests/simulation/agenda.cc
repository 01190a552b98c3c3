#include "tests/simulation/agenda.h"

#include <algorithm>
#include <utility>

namespace stile::simulation {

bool Agenda::Later(const Entry& a, const Entry& b) noexcept {
  return a.when != b.when ? a.when > b.when : a.order > b.order;
}

void Agenda::At(Instant when, Deed deed) {
  heap_.push_back({std::max(when, now_), order_++, std::move(deed)});
  std::push_heap(heap_.begin(), heap_.end(), Later);
}

std::uint64_t Agenda::RunUntil(Instant end) {
  std::uint64_t done = 0;
  while (!heap_.empty() && heap_.front().when < end) {
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    const Entry next = std::move(heap_.back());
    heap_.pop_back();
    now_ = next.when;
    next.deed();
    ++done;
  }
  now_ = std::max(now_, end);
  return done;
}

}  // namespace stile::simulation
