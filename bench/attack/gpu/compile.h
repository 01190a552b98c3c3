#ifndef STILE_BENCH_ATTACK_GPU_COMPILE_H_
#define STILE_BENCH_ATTACK_GPU_COMPILE_H_

#include <string>
#include <vector>

namespace stile::gpu {

// One function as machine code, and what that took of one core.
struct CompiledFunction {
  std::string cubin;
  double text_seconds = 0;     // To write its source.
  double compile_seconds = 0;  // NVRTC, from source to machine code.
};

// Compiles BenchFunction 0 to count - 1 for `architecture` ("sm_90"), in `workers` processes, since
// NVRTC compiles one source at a time. Call it before the first CUDA call of this process. Empty if
// there is no NVRTC, with a line on stderr.
std::vector<CompiledFunction> CompileFunctions(int count, int block, bool shared_scratch,
                                               const std::string& architecture, int workers);

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_COMPILE_H_
