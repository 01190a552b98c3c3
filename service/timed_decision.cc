#include "service/timed_decision.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace stile {

Decision DecideTimed(const Engine& engine, const Request& request, UnixMillis now, Worker& worker,
                     LoopCounters& counters, NameQuestions* names) noexcept {
  const auto begin = std::chrono::steady_clock::now();
  const Decision decision = engine.Decide(request, now, worker);
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin)
          .count();
  static constexpr std::int64_t kUpTo[] = {1'000, 2'000, 5'000, 10'000, 50'000, 100'000, 1'000'000};
  std::size_t bucket = 0;
  while (bucket < std::size(kUpTo) && nanoseconds > kUpTo[bucket]) ++bucket;
  counters.check_duration[bucket].Add();
  counters.check_duration_sum_ns.Add(static_cast<std::uint64_t>(nanoseconds));
  if (names != nullptr && request.address) {
    const Policy& policy = engine.policy(engine.SiteOf(request));
    if (decision.agent_to_ask < policy.agents().size()) {
      names->Put({*request.address, policy.AgentKey(decision.agent_to_ask)});
    }
  }
  return decision;
}

}  // namespace stile
