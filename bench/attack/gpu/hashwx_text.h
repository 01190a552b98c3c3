#ifndef STILE_BENCH_ATTACK_GPU_HASHWX_TEXT_H_
#define STILE_BENCH_ATTACK_GPU_HASHWX_TEXT_H_

#include <string>

#include "challenge/puzzle/hashwx_function.h"

namespace stile::gpu {

// CUDA C++ of a kernel `name` that searches nonces of `function`:
//
//   name(unsigned long long first, unsigned count, unsigned long long target, unsigned which,
//        char* scratch, Hits* hits, unsigned long long* hashes)
//
// It tries `count` nonces from `first` on, one a thread in steps of the grid, and reports `which`
// as the hit's function. `hashes` may be null. Scratch is in shared memory, 2 KiB a thread, if
// `shared_scratch`; else in `scratch`, 2 KiB a thread of the grid. HashwxTextHead goes before it.
std::string HashwxText(const HashwxFunction& function, const std::string& name, int block,
                       bool shared_scratch);

std::string HashwxTextHead();

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_HASHWX_TEXT_H_
