#ifndef STILE_TESTS_DRILLS_LIBRARY_MEMORY_H_
#define STILE_TESTS_DRILLS_LIBRARY_MEMORY_H_

#include <cstdint>

// This program's operator new: it counts, and fails when it is told to.
namespace stile::drills {

// How many allocations the calling thread has asked for.
[[nodiscard]] std::uint64_t Allocations() noexcept;

// The `count` allocations of the calling thread from its `k`th on, from now, throw std::bad_alloc;
// k = 0: none does any more.
void FailAllocations(std::uint64_t k, std::uint64_t count) noexcept;
// How many have failed in this thread.
[[nodiscard]] std::uint64_t FailedAllocations() noexcept;

}  // namespace stile::drills

#endif  // STILE_TESTS_DRILLS_LIBRARY_MEMORY_H_
