// The same stages on one and on two threads, which share one generation and nothing that a request
// writes: the time per request and thread is the same, or a cache line is shared after all.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "bench/fixture.h"
#include "engine/engine.h"
#include "engine/engine_slot.h"
#include "verifier/gate.h"

namespace stile::bench {
namespace {

constexpr int kThreads = 2;

// Each thread begins elsewhere in the requests, which are only read.
std::size_t Start(const benchmark::State& state) {
  return static_cast<std::size_t>(state.thread_index()) * kClearances / kThreads;
}

void ScalingCheck(benchmark::State& state) {
  static const ClearanceCheck check(Fixture::Get().keys(), std::string(kCookieName));
  Presented requests(Fixture::Kind::kValid, Start(state));
  for (auto _ : state) {
    if (check.Find(requests.Next(), kNow).verdict != Verdict::kValid) {
      state.SkipWithError("another verdict than expected");
      break;
    }
  }
}

void ScalingGate(benchmark::State& state) {
  static const stile::Gate gate(ClearanceCheck(Fixture::Get().keys(), std::string(kCookieName)),
                                Fixture::Get().policy(), GateMode::kEnforce);
  Presented requests(Fixture::Kind::kValid, Start(state));
  for (auto _ : state) {
    const Decision decision = gate.Decide(requests.Next(), kNow);
    if (decision.action != Action::kAllow) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
}

std::unique_ptr<EngineSlot> NewSlot() {
  auto tables = RedeemTables::Create({});
  EngineOptions options;
  options.sites.emplace_back();
  options.sites.back().policy = Fixture::Get().policy();
  if (!tables) std::abort();
  auto engine = Engine::Create(std::move(options), Fixture::Get().ring(), *std::move(tables));
  if (!engine) std::abort();
  return std::make_unique<EngineSlot>(*std::move(engine));
}

void ScalingEngine(benchmark::State& state) {
  static const std::unique_ptr<EngineSlot> slot = NewSlot();
  const std::unique_ptr<Worker> worker = slot->NewWorker();
  Presented requests(Fixture::Kind::kValid, Start(state));
  for (auto _ : state) {
    const Decision decision = slot->Enter(*worker).Decide(requests.Next(), kNow, *worker);
    if (decision.action != Action::kAllow) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
}

// Time on a thread's own clock: what else runs on the machine doesn't count.
BENCHMARK(ScalingCheck)->Name("Scaling/Check")->Threads(1)->Threads(kThreads);
BENCHMARK(ScalingGate)->Name("Scaling/Gate")->Threads(1)->Threads(kThreads);
BENCHMARK(ScalingEngine)->Name("Scaling/Engine")->Threads(1)->Threads(kThreads);

}  // namespace
}  // namespace stile::bench
