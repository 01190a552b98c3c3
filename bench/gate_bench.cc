// A whole decision: clearance, policy, action.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/fixture.h"
#include "bench/policy_data.h"
#include "verifier/budgets.h"
#include "verifier/gate.h"

namespace stile::bench {
namespace {

// As many as a table can count.
constexpr Rate kPlenty{64'000, std::chrono::seconds{1}, 4'000'000'000};

void Decide(benchmark::State& state, const std::shared_ptr<const Policy>& policy,
            Fixture::Kind kind, Action expected) {
  const Fixture& fixture = Fixture::Get();
  const stile::Gate gate(ClearanceCheck(fixture.keys(), std::string(kCookieName)), policy,
                         GateMode::kEnforce);
  Presented requests(kind);
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const Decision decision = gate.Decide(requests.Next(), kNow);
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

// The same with budgets: each clearance's, and that of all of them, which share an address. There
// is always enough.
void GateCharged(benchmark::State& state, Fixture::Kind kind, Action expected) {
  const Fixture& fixture = Fixture::Get();
  PolicySource source = FieldPolicy();
  source.levels = {*fixture.policy()->LevelFor(2)};
  source.levels[0].budget = kPlenty;
  source.budgets.cleared_prefix = kPlenty;
  source.budgets.uncleared_prefix = kPlenty;
  source.budgets.uncleared_ring = kPlenty;
  const std::shared_ptr<const Policy> policy = CompileOrExit(std::move(source));
  auto budgets = Budgets::Create({});
  if (!budgets) return state.SkipWithError("no memory for budgets");
  const stile::Gate gate(ClearanceCheck(fixture.keys(), std::string(kCookieName)), policy,
                         GateMode::kEnforce, nullptr, *budgets);
  Presented requests(kind);
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const Decision decision = gate.Decide(requests.Next(), kNow);
    if (decision.action != expected || decision.verdict == Verdict::kLimited) {
      state.SkipWithError("another action than expected");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK_CAPTURE(GateCharged, Cleared, Fixture::Kind::kValid, Action::kAllow);
BENCHMARK_CAPTURE(GateCharged, Uncleared, Fixture::Kind::kAbsent, Action::kChallenge);

void GateRegex(benchmark::State& state) {
  Decide(state, Fixture::Get().regex_policy(), Fixture::Kind::kAbsent, Action::kChallenge);
}
BENCHMARK(GateRegex)->Name("Gate/Regex");

// Many requests with a clearance in one call; the time is that of one. Gate/Cleared is the same one
// by one.
void DecideAll(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  const stile::Gate gate(ClearanceCheck(fixture.keys(), std::string(kCookieName)), fixture.policy(),
                         GateMode::kEnforce);
  const auto many = static_cast<std::size_t>(state.range(0));
  const std::span<const Request> requests = fixture.requests(Fixture::Kind::kValid);
  std::vector<Decision> decisions(many);
  std::size_t at = 0;
  const std::uint64_t before = Allocations();
  while (state.KeepRunningBatch(static_cast<std::int64_t>(many))) {
    gate.DecideAll(requests.subspan(at, many), kNow, decisions);
    for (const Decision& decision : decisions) {
      if (decision.action != Action::kAllow || decision.verdict != Verdict::kValid) {
        state.SkipWithError("another decision than expected");
        return;
      }
    }
    at = (at + many) % requests.size();
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK(DecideAll)->Arg(8)->Arg(64)->Arg(512);

// The clearances alone, beside Check/Valid.
void CheckAll(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  const ClearanceCheck check(fixture.keys(), std::string(kCookieName));
  const auto many = static_cast<std::size_t>(state.range(0));
  const std::span<const Request> requests = fixture.requests(Fixture::Kind::kValid);
  std::vector<ClearanceFinding> findings(many);
  ClearanceBatch batch;
  std::size_t at = 0;
  while (state.KeepRunningBatch(static_cast<std::int64_t>(many))) {
    for (std::size_t i = 0; i < many; ++i) {
      findings[i] = ClearanceFinding{};
      check.Find(requests[at + i], kNow, batch, findings[i]);
    }
    batch.Settle();
    for (const ClearanceFinding& finding : findings) {
      if (finding.verdict != Verdict::kValid) {
        state.SkipWithError("another verdict than expected");
        return;
      }
    }
    at = (at + many) % requests.size();
  }
}
BENCHMARK(CheckAll)->Arg(8)->Arg(64)->Arg(512);

}  // namespace
}  // namespace stile::bench
