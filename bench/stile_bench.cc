#include <benchmark/benchmark.h>

#include "bench/lanes_bench.h"

int main(int argc, char** argv) {
  stile::bench::RegisterLanes();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
