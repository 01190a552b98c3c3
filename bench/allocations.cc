// Counts what the benchmarks allocate, so that a stage can report it.
#include <atomic>
#include <cstdlib>
#include <new>

#include "bench/fixture.h"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* Counted(void* memory) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace stile::bench {
std::uint64_t Allocations() noexcept { return allocations.load(std::memory_order_relaxed); }
}  // namespace stile::bench

// All other forms of new and delete end in these.
void* operator new(std::size_t size) { return Counted(std::malloc(size == 0 ? 1 : size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return Counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
