#include "tests/drills/library/memory.h"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t allocations = 0;
thread_local std::uint64_t failed = 0;
// Allocations by number that fail: [first, last).
thread_local std::uint64_t first_failing = 0;
thread_local std::uint64_t last_failing = 0;

bool Fails() noexcept {
  ++allocations;
  if (allocations < first_failing || allocations >= last_failing) return false;
  ++failed;
  return true;
}

void* Allocate(std::size_t size) {
  if (!Fails()) {
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  }
  throw std::bad_alloc();
}

void* AllocateAligned(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  if (!Fails()) {
    if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) {
      return memory;
    }
  }
  throw std::bad_alloc();
}

void* AllocateOrNull(std::size_t size) noexcept {
  return Fails() ? nullptr : std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void* operator new(std::size_t size, std::align_val_t align) {
  return AllocateAligned(size, align);
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return AllocateAligned(size, align);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return AllocateOrNull(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return AllocateOrNull(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace stile::drills {

std::uint64_t Allocations() noexcept { return allocations; }

void FailAllocations(std::uint64_t k, std::uint64_t count) noexcept {
  first_failing = k == 0 ? 0 : allocations + k;
  last_failing = k == 0 ? 0 : first_failing + count;
}

std::uint64_t FailedAllocations() noexcept { return failed; }

}  // namespace stile::drills
