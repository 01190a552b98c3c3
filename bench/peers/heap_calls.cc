// The program's malloc: counts, then asks glibc's.
#include "bench/peers/heap_calls.h"

#include <atomic>
#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {
std::atomic<std::uint64_t> calls{0};
void CountCall() { calls.fetch_add(1, std::memory_order_relaxed); }
}  // namespace

namespace stile::bench {
std::uint64_t HeapCalls() noexcept { return calls.load(std::memory_order_relaxed); }
}  // namespace stile::bench

extern "C" {
void* malloc(std::size_t size) {
  CountCall();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  CountCall();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  CountCall();
  return __libc_realloc(memory, size);
}
}
