// What the effort control costs a request: asking whether held clearances must prove more, noting
// what the origin answered, reading the price.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fixture.h"
#include "bench/policy_data.h"
#include "verifier/effort/effort_control.h"
#include "verifier/gate.h"

namespace stile::bench {
namespace {

constexpr std::uint32_t kMost = 1600;
constexpr std::chrono::milliseconds kPeriod{EffortControl::kPeriodMillis};

std::shared_ptr<EffortTable> TableOrExit() {
  auto table = EffortTable::Create();
  if (!table) std::exit(1);
  return *table;
}

EffortOptions Options(bool held) {
  EffortOptions options;
  options.admissions = 10;
  options.held = held;
  return options;
}

// `control` at its highest price, with every held clearance asked; `now` goes on to then.
void Flood(EffortControl& control, UnixMillis& now) {
  for (int period = 0; period < 400; ++period) {
    for (std::uint8_t i = 0; i < 200; ++i) {
      control.NoteRedemption(IpAddress::V4({10, i, static_cast<std::uint8_t>(period), 1}), kMost,
                             now);
    }
    now = now + kPeriod;
  }
}

std::vector<TokenId> Ids(std::size_t count) {
  std::mt19937_64 random(9);
  std::vector<TokenId> ids(count);
  for (TokenId& id : ids) {
    for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random());
  }
  return ids;
}

// A whole decision about a cleared request, with a control that asks nothing of it, and with one
// that asks every clearance and finds this one to have proven enough.
void GateHeld(benchmark::State& state, bool with_control, bool held) {
  const Fixture& fixture = Fixture::Get();
  UnixMillis now = kNow - 400 * kPeriod;
  std::shared_ptr<EffortControl> control;
  if (with_control) {
    control = std::make_shared<EffortControl>(TableOrExit(), 1, Options(held), 200);
    if (held) Flood(*control, now);
    if (control->DemandsOfHeld() != held)
      return state.SkipWithError("the demand isn't what it should be");
  }
  const std::shared_ptr<const Policy> policy = fixture.policy();
  const stile::Gate gate(
      ClearanceCheck(fixture.keys(), std::string(kCookieName)), policy,
      std::make_shared<const GateSwitches>(GateMode::kEnforce, policy->rules().size()), nullptr,
      nullptr, control);
  Presented requests(Fixture::Kind::kValid);
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    const Decision decision = gate.Decide(requests.Next(), kNow);
    if (decision.verdict != Verdict::kValid) {
      state.SkipWithError("the clearance isn't valid");
      break;
    }
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK_CAPTURE(GateHeld, WithoutControl, false, false);
BENCHMARK_CAPTURE(GateHeld, Off, true, false);
BENCHMARK_CAPTURE(GateHeld, On, true, true);

// The question alone.
void EffortHeld(benchmark::State& state, bool held) {
  EffortControl control(TableOrExit(), 1, Options(held), kMost);
  UnixMillis now = kNow;
  if (held) Flood(control, now);
  Clearance clearance;
  clearance.puzzle = Puzzle::kHashwx;
  clearance.effort_log2 = 18;
  for (auto _ : state) {
    const bool asked = control.DemandsOfHeld() && control.AsksHeld(clearance, 262'144, true, now);
    if (asked != held) {
      state.SkipWithError("asked otherwise than expected");
      break;
    }
  }
}
BENCHMARK_CAPTURE(EffortHeld, Off, false);
BENCHMARK_CAPTURE(EffortHeld, On, true);

// Outcomes of as many clearances, each of which asks for one path again and again.
void EffortNoteOutcome(benchmark::State& state, std::string_view path) {
  EffortControl control(TableOrExit(), 1, Options(false), kMost);
  const std::vector<TokenId> ids = Ids(static_cast<std::size_t>(state.range(0)));
  static_cast<void>(control.SitePrice(kNow));
  std::size_t next = 0;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    control.NoteOutcome(path, ids[next], {false, 20}, kNow);
    if (++next == ids.size()) next = 0;
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
  // It has been listening: now that the path fails them, it says so.
  UnixMillis now = kNow;
  for (int window = 0; window < 10; ++window) {
    now = now + 5 * kPeriod;
    for (const TokenId& id : ids) control.NoteOutcome(path, id, {false, 20}, now);
  }
  now = now + 5 * kPeriod;
  for (const TokenId& id : ids) control.NoteOutcome(path, id, {true, 20}, now);
  const bool troubled = control.Read(now + kPeriod).trouble > 0.5;
  if (troubled != (ids.size() > 32)) state.SkipWithError("the trouble isn't what it should be");
}
BENCHMARK_CAPTURE(EffortNoteOutcome, Root, "/")->Arg(1)->Arg(1'000);
BENCHMARK_CAPTURE(EffortNoteOutcome, Path, "/articles/2026/what-a-path-is-like")
    ->Arg(1)
    ->Arg(1'000);

void EffortPrice(benchmark::State& state) {
  EffortControl control(TableOrExit(), 1, Options(false), kMost);
  UnixMillis now = kNow;
  Flood(control, now);
  for (auto _ : state) {
    if (control.SitePrice(now) != kMost) {
      state.SkipWithError("the price isn't what it should be");
      break;
    }
  }
}
BENCHMARK(EffortPrice);

// With the client's prefix, as a challenge asks.
void EffortPriceFor(benchmark::State& state) {
  EffortControl control(TableOrExit(), 1, Options(false), kMost);
  UnixMillis now = kNow;
  Flood(control, now);
  std::uint8_t next = 0;
  for (auto _ : state) {
    if (control.PriceFor(IpAddress::V4({192, 0, next++, 1}), now) != kMost) {
      state.SkipWithError("the price isn't what it should be");
      break;
    }
  }
}
BENCHMARK(EffortPriceFor);

// A redemption.
void EffortNoteRedemption(benchmark::State& state) {
  EffortControl control(TableOrExit(), 1, Options(false), kMost);
  static_cast<void>(control.SitePrice(kNow));
  std::uint64_t noted = 0;
  for (auto _ : state) {
    control.NoteRedemption(std::nullopt, 100, kNow);
    ++noted;
  }
  const double told = control.Read(kNow + kPeriod).demand * 2;
  if (told != static_cast<double>(noted & 0xFFFF'FFFF) && told < (1 << 24)) {
    state.SkipWithError("redemptions were lost");
  }
}
BENCHMARK(EffortNoteRedemption);

}  // namespace
}  // namespace stile::bench
