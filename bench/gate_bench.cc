// A whole decision: clearance, policy, action.
#include <benchmark/benchmark.h>

#include "bench/fixture.h"
#include "verifier/gate.h"

namespace stile::bench {
namespace {

void Decide(benchmark::State& state, const std::shared_ptr<const Policy>& policy,
            Fixture::Kind kind, Action expected) {
  const Fixture& fixture = Fixture::Get();
  const stile::Gate gate(ClearanceCheck(fixture.keys(), std::string(kCookieName)), policy,
                         GateMode::kEnforce);
  std::size_t i = 0;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const Decision decision = gate.Decide(fixture.request(kind, i++), kNow);
    if (decision.action != expected) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}

void Gate(benchmark::State& state, Fixture::Kind kind, Action expected) {
  Decide(state, Fixture::Get().policy(), kind, expected);
}
BENCHMARK_CAPTURE(Gate, Cleared, Fixture::Kind::kValid, Action::kAllow);
BENCHMARK_CAPTURE(Gate, Uncleared, Fixture::Kind::kAbsent, Action::kChallenge);

void GateRegex(benchmark::State& state) {
  Decide(state, Fixture::Get().regex_policy(), Fixture::Kind::kAbsent, Action::kChallenge);
}
BENCHMARK(GateRegex)->Name("Gate/Regex");

}  // namespace
}  // namespace stile::bench
