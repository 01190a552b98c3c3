#ifndef STILE_TESTS_CHALLENGE_ALLOCATION_COUNT_H_
#define STILE_TESTS_CHALLENGE_ALLOCATION_COUNT_H_

#include <cstddef>

namespace stile {

// How often this thread has called operator new. The program replaces that operator.
[[nodiscard]] std::size_t AllocationCount() noexcept;

}  // namespace stile

#endif  // STILE_TESTS_CHALLENGE_ALLOCATION_COUNT_H_
