#ifndef STILE_BENCH_PEERS_HEAP_CALLS_H_
#define STILE_BENCH_PEERS_HEAP_CALLS_H_

#include <cstdint>

namespace stile::bench {

// Calls of malloc, calloc and realloc by this program so far, those inside of shared libraries
// included: operator new alone wouldn't show what OpenSSL and C libraries take.
[[nodiscard]] std::uint64_t HeapCalls() noexcept;

}  // namespace stile::bench

#endif  // STILE_BENCH_PEERS_HEAP_CALLS_H_
