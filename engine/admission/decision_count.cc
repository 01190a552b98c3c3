#include "engine/admission/decision_count.h"

#include <vector>

#include "engine/counters.h"
#include "engine/worker.h"

namespace stile {
namespace {

std::uint64_t Sum(const Counters& counters) {
  std::uint64_t sum = 0;
  for (const auto& site : counters.decisions) {
    for (const auto& action : site) {
      for (const Counter& count : action) sum += count.Get();
    }
  }
  return sum;
}

}  // namespace

std::uint64_t CountDecisions(EngineSlot& slot) {
  std::uint64_t sum = 0;
  slot.Inspect(
      [&sum](const Engine&, const std::vector<Worker*>& workers, const Counters& departed) {
        sum = Sum(departed);
        for (const Worker* worker : workers) sum += Sum(worker->counters());
      });
  return sum;
}

}  // namespace stile
