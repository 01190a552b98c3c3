// What a GPU tries in a second of Stile's puzzles, with kernels of our own. Prints a line of JSON
// for each measurement; every hit is checked by the CPU, and samples of all hashes are before.
//
//   attack [--seconds N] [--architecture sm_90] [--workers N]
#include <time.h>

#include <cstring>
#include <memory>
#include <string>

#include "bench/attack/gpu/compile.h"
#include "bench/attack/gpu/measure.cuh"
#include "bench/attack/gpu/measure_compiled.cuh"
#include "bench/attack/gpu/measure_hashwx.cuh"
#include "bench/attack/gpu/measure_sha256.cuh"

namespace stile::gpu {
namespace {

struct Options {
  double seconds = 200;  // After which nothing new is started.
  std::string architecture = "sm_90";
  int workers = 8;
};

double Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void PrintDevice() {
  cudaDeviceProp device{};
  Check(cudaGetDeviceProperties(&device, 0), "device");
  int clock = 0;
  int driver = 0;
  int runtime = 0;
  cudaDeviceGetAttribute(&clock, cudaDevAttrClockRate, 0);
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  printf(
      "{\"device\": \"%s\", \"multiprocessors\": %d, \"clock_mhz\": %d, \"l2_bytes\": %d, "
      "\"shared_bytes_per_multiprocessor\": %zu, \"driver\": %d, \"runtime\": %d}\n",
      device.name, device.multiProcessorCount, clock / 1000, device.l2CacheSize,
      device.sharedMemPerMultiprocessor, driver, runtime);
  fflush(stdout);
}

// The best of a few numbers of blocks, then that one at length, at both numbers of nonces.
template <typename Kind>
void SweepLanes(std::initializer_list<int> counts, bool few_nonces, double until) {
  int best = 0;
  double best_rate = 0;
  bool verified = false;
  for (const int blocks : counts) {
    if (Now() > until) break;
    HashwxMeasurement<Kind> measurement(blocks);
    if (!measurement.Fits()) continue;
    if (!verified) measurement.Verify();
    verified = true;
    const Rates rates = measurement.Measure(65536, 1, 1);
    PrintRates("\"sweep\": true, " + measurement.Fields(65536, 1), rates);
    if (rates.Median() <= best_rate) continue;
    best_rate = rates.Median();
    best = blocks;
  }
  if (best == 0) return;
  HashwxMeasurement<Kind> measurement(best);
  PrintRates(measurement.Fields(65536, 6), measurement.Measure(65536, 6, 5));
  if (few_nonces) PrintRates(measurement.Fields(463, 32), measurement.Measure(463, 32, 5));
}

// Scratch in shared memory and in the caches at once, each on blocks of its own: neither fills a
// multiprocessor alone.
void MeasureBoth(int shared_blocks, int global_blocks, double shared_share) {
  using Shared = Lanes<32, true>;
  using Global = Lanes<128, false>;
  constexpr uint32_t kNonces = 65536;
  HashwxMeasurement<Shared> shared(shared_blocks);
  HashwxMeasurement<Global> global(global_blocks);
  Check(cudaFuncSetAttribute(Global::Kernel(), cudaFuncAttributePreferredSharedMemoryCarveout, 100),
        "carveout");
  const double functions = 6.0 * Multiprocessors();
  const auto shared_count = static_cast<uint32_t>(functions * shared_share);
  const auto global_count = static_cast<uint32_t>(functions * (1 - shared_share));
  shared.Make(shared_count);
  global.Make(global_count);
  cudaStream_t streams[2];
  for (cudaStream_t& stream : streams) Check(cudaStreamCreate(&stream), "stream");
  Stopwatch stopwatch;
  Rates rates;
  for (int repeat = 0; repeat < 4; ++repeat) {
    const double seconds = stopwatch.Time([&] {
      Shared::Launch(shared.grid(), streams[0], shared.functions(),
                     shared.Job(shared_count, kNonces, uint64_t{kNonces} * repeat, 0));
      Global::Launch(global.grid(), streams[1], global.functions(),
                     global.Job(global_count, kNonces, uint64_t{kNonces} * repeat, 0));
    });
    if (repeat != 0) {
      rates.mega_per_second.push_back((shared_count + global_count) * 65536.0 / seconds / 1e6);
    }
  }
  PrintRates(
      "\"puzzle\": \"hashwx\", \"kernel\": \"lanes\", \"scratch\": \"both\", "
      "\"shared_blocks_per_multiprocessor\": " +
          std::to_string(shared_blocks) + ", \"global_blocks_per_multiprocessor\": " +
          std::to_string(global_blocks) + ", \"shared_share\": " + std::to_string(shared_share) +
          ", \"nonces_per_function\": 65536",
      rates);
  for (cudaStream_t stream : streams) cudaStreamDestroy(stream);
}

void MeasureCompiled(const std::vector<CompiledFunction>& functions, int block, bool shared_scratch,
                     std::initializer_list<int> per_multiprocessor, double until) {
  if (functions.empty()) return;
  double text = 0;
  double compile = 0;
  for (const CompiledFunction& function : functions) {
    text += function.text_seconds;
    compile += function.compile_seconds;
  }
  const double count = static_cast<double>(functions.size());
  printf(
      "{\"puzzle\": \"hashwx\", \"compiler\": \"nvrtc\", \"scratch\": \"%s\", \"functions\": "
      "%zu, \"core_seconds_per_function\": %.4f, \"source_core_seconds_per_function\": %.6f, "
      "\"bytes_per_function\": %zu}\n",
      shared_scratch ? "shared" : "global", functions.size(), compile / count, text / count,
      functions[0].cubin.size());
  fflush(stdout);
  CompiledMeasurement measurement(functions, block, shared_scratch);
  measurement.Verify();
  int best_grid = 0;
  int best_streams = 0;
  double best_rate = 0;
  for (const int blocks : per_multiprocessor) {
    for (const int streams : {1, 2, 4, 8}) {
      if (Now() > until) break;
      const int grid = std::max(1, Multiprocessors() * blocks / streams);
      const Rates rates = measurement.Measure(65536, grid, streams, 192, 1);
      PrintRates("\"sweep\": true, " + measurement.Fields(65536, grid, streams), rates);
      if (rates.Median() <= best_rate) continue;
      best_rate = rates.Median();
      best_grid = grid;
      best_streams = streams;
    }
  }
  if (best_grid == 0) return;
  PrintRates(measurement.Fields(65536, best_grid, best_streams),
             measurement.Measure(65536, best_grid, best_streams, 1024, 5));
  const int grid = (463 + block - 1) / block;
  PrintRates(measurement.Fields(463, grid, 32), measurement.Measure(463, grid, 32, 8192, 3));
}

int Run(const Options& options) {
  const double until = Now() + options.seconds;
  // In processes of their own, which a process that uses the GPU can't start.
  const auto in_global = CompileFunctions(32, 128, false, options.architecture, options.workers);
  const auto in_shared = CompileFunctions(32, 32, true, options.architecture, options.workers);

  PrintDevice();
  Sha256Measurement().Run();
  SweepLanes<Lanes<128, false>>({1, 2, 3, 4, 6, 8}, true, until);
  SweepLanes<Lanes<64, false>>({1, 2, 3, 4, 5, 6, 8, 12}, true, until);
  SweepLanes<Lanes<32, true>>({1, 2, 3}, true, until);
  MeasureCompiled(in_global, 128, false, {1, 2, 4, 8}, until);
  MeasureCompiled(in_shared, 32, true, {3}, until);
  SweepLanes<Lockstep<128, false>>({1, 2, 4, 8}, true, until);
  for (const double share : {0.3, 0.45, 0.6, 0.75}) {
    if (Now() < until) MeasureBoth(2, 1, share);
  }
  return 0;
}

}  // namespace
}  // namespace stile::gpu

int main(int argc, char** argv) {
  stile::gpu::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--seconds") options.seconds = atof(argv[i + 1]);
    if (name == "--architecture") options.architecture = argv[i + 1];
    if (name == "--workers") options.workers = atoi(argv[i + 1]);
  }
  return stile::gpu::Run(options);
}
