// Issuing a challenge, and turning a solution of it into a clearance.
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bench/fixture.h"
#include "bench/solved_challenge.h"
#include "challenge/issuer.h"
#include "verifier/redeemer.h"

namespace stile::bench {
namespace {

void IssueSha256(benchmark::State& state) {
  const auto issuer = Issuer::Create(Fixture::Get().keys(), std::chrono::seconds{600});
  if (!issuer) std::abort();
  const std::array<Alternative, 2> alternatives{
      {{Puzzle::kSha256, 2, 16, 0, 4'000'000, 43'200}, {Puzzle::kWait, 1, 0, 0, 5'000, 600}}};
  Issuer::Order order;
  order.binding = Binding::Of(Fixture::Get().client(), {});
  order.alternatives = alternatives;
  order.return_path = "/docs/page?id=17";
  Entropy entropy;
  std::array<ChallengeText, 2> texts;  // Each is held against the one before it.
  std::size_t i = 0;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    ChallengeText& text = texts[i % 2];
    const ChallengeText& last = texts[++i % 2];
    if (issuer->Issue(order, kNow, entropy, text) != IssueFailure::kNone ||
        text.view() == last.view()) {
      state.SkipWithError("not issued, or issued twice");
      break;
    }
    benchmark::DoNotOptimize(text.characters.data());
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK(IssueSha256)->Name("Issue/Sha256");

// Fresh challenges, as many as one pass of a loop needs: redeeming one twice meets the memo.
std::vector<SolvedChallenge> SolveMany() {
  std::vector<SolvedChallenge> many;
  for (int i = 0; i < 256; ++i) {
    many.push_back(SolvedChallenge::Make(Fixture::Get().client(), kNow));
  }
  return many;
}

enum class Attempt { kValid, kForged, kUnsolved, kRepeat };

void Redeem(benchmark::State& state, Attempt attempt, Verdict expected) {
  static const std::vector<SolvedChallenge> solved = SolveMany();
  const Client client = Fixture::Get().client();
  const UnixMillis now = kNow + std::chrono::seconds{2};
  SealedChallenge scratch;
  std::unique_ptr<Redeemer> redeemer;
  const auto forget = [&redeemer] {
    auto tables = RedeemTables::Create({});
    if (!tables) std::abort();
    redeemer = std::make_unique<Redeemer>(Fixture::Get().keys(), *std::move(tables));
  };
  forget();
  std::size_t i = 0;
  for (auto _ : state) {
    if (attempt != Attempt::kRepeat && i == solved.size()) {
      state.PauseTiming();
      forget();
      i = 0;
      state.ResumeTiming();
    }
    const SolvedChallenge& one = solved[attempt == Attempt::kRepeat ? 0 : i];
    const Redemption redemption = redeemer->Redeem(
        attempt == Attempt::kForged ? one.forged : one.challenge,
        attempt == Attempt::kUnsolved ? one.unsolved : one.solution, client, now, scratch);
    if (redemption.verdict != expected ||
        (attempt == Attempt::kRepeat && i > 0 && !redemption.repeated)) {
      state.SkipWithError("another verdict than expected");
      break;
    }
    ++i;
  }
}

BENCHMARK_CAPTURE(Redeem, Valid, Attempt::kValid, Verdict::kValid);
BENCHMARK_CAPTURE(Redeem, Forged, Attempt::kForged, Verdict::kForged);
BENCHMARK_CAPTURE(Redeem, Unsolved, Attempt::kUnsolved, Verdict::kUnsolved);
BENCHMARK_CAPTURE(Redeem, Repeat, Attempt::kRepeat, Verdict::kValid);

}  // namespace
}  // namespace stile::bench
