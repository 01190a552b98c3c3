// Matching, memory and compilation of policies, from 10 to 10,000 rules and 1e3 to 1e6 ranges.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "bench/fixture.h"
#include "bench/policy_data.h"

namespace stile::bench {
namespace {

void MatchSize(benchmark::State& state) {
  const auto rules = static_cast<std::size_t>(state.range(0));
  const auto policy = CompileOrExit(PolicyOfSize(rules));
  Presented requests(Fixture::Kind::kAbsent);
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const PolicyMatch match = policy->Match(requests.Next());
    if (match.rule + 1u != rules || match.action != Action::kChallenge) {
      state.SkipWithError("another rule than expected");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
  state.counters["bytes"] = static_cast<double>(policy->Bytes());
}
BENCHMARK(MatchSize)->Name("Policy/Match")->Arg(10)->Arg(40)->Arg(100)->Arg(1000)->Arg(10'000);

void MatchField(benchmark::State& state) {
  const Fixture& fixture = Fixture::Get();
  Presented requests(Fixture::Kind::kAbsent);
  for (auto _ : state) {
    const PolicyMatch match = fixture.policy()->Match(requests.Next());
    if (match.rule + 1u != fixture.policy()->rules().size()) {
      state.SkipWithError("another rule than expected");
      break;
    }
  }
  state.counters["bytes"] = static_cast<double>(fixture.policy()->Bytes());
}
BENCHMARK(MatchField)->Name("Policy/Field");

// Half of the addresses are in a range. Says how long the policy took to compile, and its bytes.
void Ranges(benchmark::State& state) {
  const auto ranges = static_cast<std::size_t>(state.range(0));
  PolicySource source = PolicyOfRanges(ranges);
  const auto start = std::chrono::steady_clock::now();
  const auto policy = CompileOrExit(std::move(source));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  constexpr std::size_t kAddresses = 4096;
  std::vector<std::size_t> indexes;
  std::vector<IpAddress> addresses;
  for (std::size_t i = 0; i < kAddresses; ++i) {
    indexes.push_back(i % 2 * ranges + i * 7919 % ranges);
    addresses.push_back(AddressInRange(indexes.back()));
  }
  Request request = Fixture::Get().request(Fixture::Kind::kAbsent, 0);
  std::size_t i = 0;
  for (auto _ : state) {
    const std::size_t at = i++ % kAddresses;
    request.address = addresses[at];
    const PolicyMatch match = policy->Match(request);
    const std::size_t expected = indexes[at] < ranges ? indexes[at] % 16 : 65535;
    if (match.rule != expected) {
      state.SkipWithError("another rule than expected");
      break;
    }
  }
  state.counters["compile_s"] = seconds.count();
  state.counters["bytes"] = static_cast<double>(policy->Bytes());
}
BENCHMARK(Ranges)->Name("Policy/Ranges")->RangeMultiplier(10)->Range(1000, 1'000'000);

void Compile(benchmark::State& state) {
  const auto rules = static_cast<std::size_t>(state.range(0));
  const PolicySource source = PolicyOfSize(rules);
  for (auto _ : state) {
    const auto policy = CompileOrExit(source);
    if (policy->rules().size() != rules) {
      state.SkipWithError("another number of rules than expected");
      break;
    }
  }
}
BENCHMARK(Compile)
    ->Name("Policy/Compile")
    ->Arg(40)
    ->Arg(1000)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace stile::bench
