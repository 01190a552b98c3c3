#ifndef STILE_BENCH_ATTACK_GPU_MEASURE_CUH_
#define STILE_BENCH_ATTACK_GPU_MEASURE_CUH_

// What the measurements share: checked calls, hits, time, and a line of JSON for each measurement,
// printed at once, so that a run that is cut off keeps what it has.

#include <cuda_runtime.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/attack/gpu/hits.h"

namespace stile::gpu {

inline void Check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
  exit(1);
}
[[noreturn]] inline void Fail(const std::string& what) {
  fprintf(stderr, "%s\n", what.c_str());
  exit(1);
}

// Device memory for `count` of T, freed at the end.
template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    if (count != 0) Check(cudaMalloc(&data_, count * sizeof(T)), "cudaMalloc");
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  void Put(const std::vector<T>& from) {
    Check(cudaMemcpy(data_, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice), "put");
  }
  std::vector<T> Get() const {
    std::vector<T> to(count_);
    Check(cudaMemcpy(to.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "get");
    return to;
  }
  T* data() const { return data_; }

 private:
  T* data_ = nullptr;
  size_t count_;
};

class HitList {
 public:
  HitList() : hits_(1) { Clear(); }
  void Clear() { Check(cudaMemset(hits_.data(), 0, 8), "clear hits"); }
  Hits* data() const { return hits_.data(); }
  // All of them: a launch with more than the capacity is one with a wrong target.
  std::vector<Hit> Get() const {
    uint32_t count = 0;
    Check(cudaMemcpy(&count, hits_.data(), 4, cudaMemcpyDeviceToHost), "hit count");
    if (count > Hits::kCapacity) Fail("more hits than room for them");
    std::vector<Hit> hits(count);
    Check(cudaMemcpy(hits.data(), hits_.data()->hits, count * sizeof(Hit), cudaMemcpyDeviceToHost),
          "hits");
    return hits;
  }

 private:
  DeviceArray<Hits> hits_;
};

class Stopwatch {
 public:
  Stopwatch() {
    Check(cudaEventCreate(&start_), "event");
    Check(cudaEventCreate(&stop_), "event");
  }
  ~Stopwatch() {
    cudaEventDestroy(start_);
    cudaEventDestroy(stop_);
  }
  // Seconds that the device takes for what `work` puts on the default stream.
  template <typename Work>
  double Time(Work work) {
    Check(cudaEventRecord(start_), "record");
    work();
    Check(cudaGetLastError(), "launch");
    Check(cudaEventRecord(stop_), "record");
    Check(cudaEventSynchronize(stop_), "run");
    float milliseconds = 0;
    Check(cudaEventElapsedTime(&milliseconds, start_, stop_), "elapsed");
    return milliseconds / 1e3;
  }

 private:
  cudaEvent_t start_;
  cudaEvent_t stop_;
};

inline double SecondsSince1970() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The repetitions of one measurement and how its hits fared.
struct Rates {
  std::vector<double> mega_per_second;
  uint64_t hits = 0;
  double hits_expected = 0;
  double from = SecondsSince1970();  // Set when the repetitions begin; the first one only warms up.

  double Median() const {
    std::vector<double> sorted = mega_per_second;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[sorted.size() / 2];
  }
};

// `fields` is JSON's inside of an object, without braces.
inline void PrintRates(const std::string& fields, const Rates& rates) {
  printf("{%s, \"mega_per_second\": %.3f, \"repeats\": [", fields.c_str(), rates.Median());
  for (size_t i = 0; i < rates.mega_per_second.size(); ++i) {
    printf("%s%.3f", i == 0 ? "" : ", ", rates.mega_per_second[i]);
  }
  printf("], \"hits_verified\": %llu, \"hits_expected\": %.1f, \"from\": %.3f, \"to\": %.3f}\n",
         static_cast<unsigned long long>(rates.hits), rates.hits_expected, rates.from,
         SecondsSince1970());
  fflush(stdout);
}

inline int Multiprocessors() {
  int count = 0;
  Check(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, 0), "multiprocessors");
  return count;
}

}  // namespace stile::gpu

#endif  // STILE_BENCH_ATTACK_GPU_MEASURE_CUH_
