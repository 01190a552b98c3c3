#ifndef STILE_BENCH_ATTACK_GPU_MEASURE_HASHWX_CUH_
#define STILE_BENCH_ATTACK_GPU_MEASURE_HASHWX_CUH_

#include <memory>
#include <string>
#include <vector>

#include "bench/attack/gpu/bench_function.h"
#include "bench/attack/gpu/hashwx_encode.cuh"
#include "bench/attack/gpu/hashwx_lanes.cuh"
#include "bench/attack/gpu/hashwx_lockstep.cuh"
#include "bench/attack/gpu/measure.cuh"
#include "challenge/puzzle/hashwx_function.h"

namespace stile::gpu {

// Launches one kind of kernel: Prepare once, then Launch.
template <int kColumns, bool kSharedScratch>
struct Lanes {
  using Function = LaneFunction;
  static constexpr int kBlock = kColumns;
  static constexpr bool kScratchIsShared = kSharedScratch;
  static constexpr const char* kName = "lanes";
  static constexpr uint32_t kSharedBytes = LaneSharedBytes<kColumns, kSharedScratch>();

  static const void* Kernel() {
    return reinterpret_cast<const void*>(&SearchHashwxLanes<kColumns, kSharedScratch>);
  }
  static Function From(const HashwxFunction& function) {
    return LaneFunctionOf(function, LaneLayout<kColumns>::kShift);
  }
  static void Launch(int grid, cudaStream_t stream, const Function* functions, LaneJob job) {
    job.functions = functions;
    SearchHashwxLanes<kColumns, kSharedScratch><<<grid, kColumns, kSharedBytes, stream>>>(job);
  }
};
template <int kColumns, bool kSharedScratch>
struct Lockstep {
  using Function = LockstepFunction;
  static constexpr int kBlock = kColumns;
  static constexpr bool kScratchIsShared = kSharedScratch;
  static constexpr const char* kName = "lockstep";
  static constexpr uint32_t kSharedBytes = LaneSharedBytes<kColumns, kSharedScratch>();

  static const void* Kernel() {
    return reinterpret_cast<const void*>(&SearchHashwxLockstep<kColumns, kSharedScratch>);
  }
  static Function From(const HashwxFunction& function) { return LockstepFunctionOf(function); }
  static void Launch(int grid, cudaStream_t stream, const Function* functions, LaneJob job) {
    SearchHashwxLockstep<kColumns, kSharedScratch>
        <<<grid, kColumns, kSharedBytes, stream>>>({functions, job});
  }
};

// `Kind` on `blocks` blocks a multiprocessor.
template <typename Kind>
class HashwxMeasurement {
 public:
  explicit HashwxMeasurement(int blocks)
      : blocks_(blocks),
        grid_(blocks * Multiprocessors()),
        scratch_(Kind::kScratchIsShared ? 0 : size_t{2048} * grid_ * Kind::kBlock) {
    Check(cudaFuncSetAttribute(Kind::Kernel(), cudaFuncAttributeMaxDynamicSharedMemorySize,
                               Kind::kSharedBytes),
          "shared memory");
    // What the blocks don't need of shared memory is cache.
    const int percent = (Kind::kSharedBytes + 1024) * blocks * 100 / (228 * 1024) + 1;
    Check(cudaFuncSetAttribute(Kind::Kernel(), cudaFuncAttributePreferredSharedMemoryCarveout,
                               std::min(percent, 100)),
          "carveout");
  }
  // Whether that many blocks fit.
  bool Fits() const {
    int fit = 0;
    Check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&fit, Kind::Kernel(), Kind::kBlock,
                                                        Kind::kSharedBytes),
          "occupancy");
    return fit >= blocks_;
  }

  // All hashes of a few functions, as the CPU has them.
  void Verify() {
    constexpr uint32_t kFunctions = 6;
    constexpr uint32_t kNonces = 700;
    constexpr uint64_t kFirst = 0xFFFFFFFFFFFFFF00;
    const std::vector<HashwxFunction> functions = Make(kFunctions);
    DeviceArray<uint64_t> hashes(kFunctions * kNonces);
    LaneJob job = Job(kFunctions, kNonces, kFirst, 0);
    job.hashes = hashes.data();
    hits_.Clear();
    Kind::Launch(4, nullptr, device_->data(), job);
    Check(cudaDeviceSynchronize(), "hashwx verification");
    const std::vector<uint64_t> got = hashes.Get();
    for (uint32_t f = 0; f < kFunctions; ++f) {
      for (uint32_t n = 0; n < kNonces; ++n) {
        if (got[f * kNonces + n] == functions[f].Hash(kFirst + n)) continue;
        Fail(std::string("hashwx, ") + Kind::kName + ": function " + std::to_string(f) +
             ", nonce " + std::to_string(n) + " isn't the CPU's");
      }
    }
    fprintf(stderr, "hashwx, %s: %u hashes of the GPU are those of the CPU\n", Kind::kName,
            kFunctions * kNonces);
  }

  // `rounds` functions a block.
  Rates Measure(uint32_t nonces, uint32_t rounds, int repeats) {
    constexpr uint64_t kTarget = ~0ull >> 20;
    const uint32_t count = rounds * grid_;
    const std::vector<HashwxFunction> functions = Make(count);
    const double tried = 1.0 * count * nonces;
    Rates rates;
    for (int repeat = 0; repeat <= repeats; ++repeat) {
      hits_.Clear();
      const LaneJob job = Job(count, nonces, uint64_t{nonces} * repeat, kTarget);
      const double seconds =
          stopwatch_.Time([&] { Kind::Launch(grid_, nullptr, device_->data(), job); });
      for (const Hit& hit : hits_.Get()) {
        if (functions[hit.function].Hash(hit.nonce) != hit.value) Fail("a hit that isn't one");
        ++rates.hits;
      }
      rates.hits_expected += tried * 0x1p-20;
      if (repeat != 0) rates.mega_per_second.push_back(tried / seconds / 1e6);
    }
    return rates;
  }

  std::string Fields(uint32_t nonces, uint32_t rounds) const {
    return std::string("\"puzzle\": \"hashwx\", \"kernel\": \"") + Kind::kName +
           "\", \"scratch\": \"" + (Kind::kScratchIsShared ? "shared" : "global") +
           "\", \"block\": " + std::to_string(Kind::kBlock) +
           ", \"blocks_per_multiprocessor\": " + std::to_string(blocks_) +
           ", \"nonces_per_function\": " + std::to_string(nonces) +
           ", \"functions\": " + std::to_string(rounds * grid_);
  }

  // For launches beside others: what Make filled last.
  const typename Kind::Function* functions() const { return device_->data(); }
  std::vector<HashwxFunction> Make(uint32_t count) {
    std::vector<HashwxFunction> functions;
    std::vector<typename Kind::Function> encoded;
    for (uint32_t i = 0; i < count; ++i) {
      functions.push_back(BenchFunction(i));
      encoded.push_back(Kind::From(functions.back()));
    }
    device_ = std::make_unique<DeviceArray<typename Kind::Function>>(count);
    device_->Put(encoded);
    return functions;
  }
  LaneJob Job(uint32_t count, uint32_t nonces, uint64_t first, uint64_t target) const {
    LaneJob job = {};
    job.function_count = count;
    job.nonces_per_function = nonces;
    job.first_nonce = first;
    job.target = target;
    job.scratch = scratch_.data();
    job.hits = hits_.data();
    return job;
  }
  int grid() const { return grid_; }
  HitList& hits() { return hits_; }

 private:
  int blocks_;
  int grid_;
  DeviceArray<char> scratch_;
  std::unique_ptr<DeviceArray<typename Kind::Function>> device_;
  HitList hits_;
  Stopwatch stopwatch_;
};

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_MEASURE_HASHWX_CUH_
