#ifndef STILE_BENCH_ATTACK_GPU_MEASURE_COMPILED_CUH_
#define STILE_BENCH_ATTACK_GPU_MEASURE_COMPILED_CUH_

#include <memory>
#include <string>
#include <vector>

#include "bench/attack/gpu/bench_function.h"
#include "bench/attack/gpu/compile.h"
#include "bench/attack/gpu/measure.cuh"

namespace stile::gpu {

// Functions in machine code: what they compute, how fast, with `streams` of them at a time on
// `grid` blocks each.
class CompiledMeasurement {
 public:
  CompiledMeasurement(const std::vector<CompiledFunction>& functions, int block,
                      bool shared_scratch)
      : block_(block), shared_scratch_(shared_scratch) {
    for (const CompiledFunction& function : functions) {
      cudaLibrary_t library;
      cudaKernel_t kernel;
      Check(cudaLibraryLoadData(&library, function.cubin.data(), nullptr, nullptr, 0, nullptr,
                                nullptr, 0),
            "load");
      Check(cudaLibraryGetKernel(&kernel, library, "search"), "kernel");
      if (shared_scratch) {
        Check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   SharedBytes()),
              "shared memory");
      }
      kernels_.push_back(reinterpret_cast<const void*>(kernel));
      bench_functions_.push_back(BenchFunction(kernels_.size() - 1));
    }
  }

  void Verify() {
    constexpr uint32_t kNonces = 700;
    constexpr uint64_t kFirst = 0xFFFFFFFFFFFFFF00;
    DeviceArray<uint64_t> hashes(kNonces);
    DeviceArray<char> scratch(size_t{2048} * 2 * block_);
    for (size_t f = 0; f < kernels_.size(); ++f) {
      Launch(f, 2, nullptr, kFirst, kNonces, 0, scratch.data(), hashes.data());
      Check(cudaDeviceSynchronize(), "verification");
      const std::vector<uint64_t> got = hashes.Get();
      for (uint32_t n = 0; n < kNonces; ++n) {
        if (got[n] != bench_functions_[f].Hash(kFirst + n)) Fail("compiled: not the CPU's hash");
      }
    }
    fprintf(stderr, "hashwx, compiled: %zu hashes of the GPU are those of the CPU\n",
            kNonces * kernels_.size());
  }

  // `launches` functions of `nonces` nonces.
  Rates Measure(uint32_t nonces, int grid, int streams, int launches, int repeats) {
    constexpr uint64_t kTarget = ~0ull >> 20;
    const size_t scratch_size = shared_scratch_ ? 0 : size_t{2048} * grid * block_;
    DeviceArray<char> scratch(scratch_size * streams);
    std::vector<cudaStream_t> all(streams);
    for (cudaStream_t& stream : all) {
      Check(cudaStreamCreate(&stream), "stream");  // Waits for and is waited for by stream 0.
    }
    Rates rates;
    const double tried = 1.0 * nonces * launches;
    for (int repeat = 0; repeat <= repeats; ++repeat) {
      hits_.Clear();
      const double seconds = stopwatch_.Time([&] {
        for (int i = 0; i < launches; ++i) {
          const uint64_t round = static_cast<uint64_t>(i) / kernels_.size();
          const uint64_t first = (round << 8 | static_cast<uint64_t>(repeat)) << 16;
          Launch(i % kernels_.size(), grid, all[i % streams], first, nonces, kTarget,
                 scratch.data() + scratch_size * (i % streams), nullptr);
        }
      });
      for (const Hit& hit : hits_.Get()) {
        if (bench_functions_[hit.function].Hash(hit.nonce) != hit.value) Fail("not a hit");
        ++rates.hits;
      }
      rates.hits_expected += tried * 0x1p-20;
      if (repeat != 0) rates.mega_per_second.push_back(tried / seconds / 1e6);
    }
    for (cudaStream_t stream : all) cudaStreamDestroy(stream);
    return rates;
  }

  std::string Fields(uint32_t nonces, int grid, int streams) const {
    return std::string("\"puzzle\": \"hashwx\", \"kernel\": \"compiled\", \"scratch\": \"") +
           (shared_scratch_ ? "shared" : "global") + "\", \"block\": " + std::to_string(block_) +
           ", \"grid\": " + std::to_string(grid) + ", \"streams\": " + std::to_string(streams) +
           ", \"nonces_per_function\": " + std::to_string(nonces);
  }

 private:
  int SharedBytes() const { return shared_scratch_ ? 2048 * block_ : 0; }

  void Launch(size_t which, int grid, cudaStream_t stream, unsigned long long first,
              unsigned nonces, unsigned long long target, char* scratch, uint64_t* hashes) {
    unsigned function = static_cast<unsigned>(which);
    Hits* hits = hits_.data();
    void* arguments[] = {&first, &nonces, &target, &function, &scratch, &hits, &hashes};
    Check(cudaLaunchKernel(kernels_[which], dim3(grid), dim3(block_), arguments, SharedBytes(),
                           stream),
          "launch");
  }

  int block_;
  bool shared_scratch_;
  std::vector<const void*> kernels_;
  std::vector<HashwxFunction> bench_functions_;
  HitList hits_;
  Stopwatch stopwatch_;
};

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_MEASURE_COMPILED_CUH_
