#ifndef STILE_BENCH_LANES_BENCH_H_
#define STILE_BENCH_LANES_BENCH_H_

namespace stile::bench {

// Registers a benchmark for each kernel that this CPU has: one that it lacks is no error. To be
// called from main(), when the library knows the CPU.
void RegisterLanes();

}  // namespace stile::bench

#endif  // STILE_BENCH_LANES_BENCH_H_
