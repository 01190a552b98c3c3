#include "tests/service/redis/scarce_memory.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

std::atomic<const char*> without{nullptr};

void* Allocated(std::size_t size, std::size_t alignment) {
  if (const char* thread = without.load()) {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    if (std::strcmp(name.data(), thread) == 0) throw std::bad_alloc();
  }
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* memory = alignment == 1 ? std::malloc(size == 0 ? 1 : size)
                                : std::aligned_alloc(alignment, whole == 0 ? alignment : whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace stile {
ScarceMemory::ScarceMemory(const char* thread_name) { without.store(thread_name); }
ScarceMemory::~ScarceMemory() { without.store(nullptr); }
}  // namespace stile

// All other forms of new and delete end in these.
void* operator new(std::size_t size) { return Allocated(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocated(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
