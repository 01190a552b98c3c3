// Counts what the benchmarks allocate, so that a stage can report it.
#include <atomic>
#include <cstdlib>
#include <new>

#include "bench/fixture.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

namespace stile::bench {
std::uint64_t Allocations() noexcept { return allocations.load(std::memory_order_relaxed); }
}  // namespace stile::bench

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
