#ifndef STILE_BENCH_FLOOD_FLOOD_JSON_H_
#define STILE_BENCH_FLOOD_FLOOD_JSON_H_

#include <sstream>
#include <string>

#include "bench/flood/flood_run.h"
#include "bench/flood/scenario.h"

namespace stile::bench {

// The results of runs as one JSON document, for plot_flood.py and whoever else computes with them.
class FloodJson {
 public:
  void Add(const Scenario& scenario, const std::string& rival, const FloodResult& result);
  [[nodiscard]] bool Write(const std::string& path) const;

 private:
  std::ostringstream runs_;
  bool empty_ = true;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_FLOOD_JSON_H_
