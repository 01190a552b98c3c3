// Issuing a challenge, and turning a solution of it into a clearance.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "bench/fixture.h"
#include "challenge/issuer.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/solution.h"
#include "verifier/redeemer.h"

namespace stile::bench {
namespace {

constexpr std::uint8_t kParts = 16;
constexpr std::uint64_t kEffort = 16 * 64;  // Cheap to prepare; checking costs the same at any.

Issuer NewIssuer() {
  auto issuer = Issuer::Create(Fixture::Get().keys(), std::chrono::seconds{600});
  if (!issuer) std::abort();
  return *std::move(issuer);
}

std::array<Alternative, 2> Alternatives() {
  Alternative sha256;
  sha256.puzzle = Puzzle::kSha256;
  sha256.rank = 2;
  sha256.parts = kParts;
  sha256.effort = kEffort;
  sha256.lifetime_seconds = 43'200;
  Alternative wait;
  wait.puzzle = Puzzle::kWait;
  wait.rank = 1;
  wait.effort = 5'000;
  wait.lifetime_seconds = 600;
  return {sha256, wait};
}

void IssueSha256(benchmark::State& state) {
  const Issuer issuer = NewIssuer();
  const auto alternatives = Alternatives();
  Issuer::Order order;
  order.binding = Binding::Of(Fixture::Get().client(), {});
  order.alternatives = alternatives;
  order.return_path = "/docs/page?id=17";
  Entropy entropy;
  ChallengeText text;
  std::string last;
  const std::uint64_t before = Allocations();
  for (auto _ : state) {
    if (issuer.Issue(order, kNow, entropy, text) != IssueFailure::kNone || text.view() == last) {
      state.SkipWithError("not issued, or issued twice");
      break;
    }
    benchmark::DoNotOptimize(text.characters.data());
  }
  state.counters["allocs"] = static_cast<double>(Allocations() - before);
}
BENCHMARK(IssueSha256)->Name("Issue/Sha256");

struct Solved {
  std::string challenge;
  std::string solution;
  std::string unsolved;  // Its last part is wrong.
  std::string forged;    // The challenge with another tag.
};

Solved SolveOne(const Issuer& issuer, Entropy& entropy) {
  const auto alternatives = Alternatives();
  Issuer::Order order;
  order.binding = Binding::Of(Fixture::Get().client(), {});
  order.alternatives = alternatives;
  order.return_path = "/";
  ChallengeText text;
  SealedChallenge sealed;
  if (issuer.Issue(order, kNow, entropy, text) != IssueFailure::kNone ||
      sealed.Parse(text.view()) != TokenShape::kWellFormed) {
    std::abort();
  }
  Sha256Job job;
  Sha256PrefixMidstate(sealed.tag().bytes.data(), sealed.claimed_id().data(), 0, job.midstate);
  job.target = Sha256Puzzle::Target(kEffort, kParts);
  Solution solution;
  solution.parts = kParts;
  for (std::uint32_t part = 0; part < kParts; ++part) {
    job.part = part;
    std::uint64_t tried = 0;
    if (!SearchSha256(job, 0, 1U << 20, &solution.nonces[part], &tried)) std::abort();
  }
  Solved solved{std::string(text.view()), FormatSolution(solution), {}, std::string(text.view())};
  const Sha256Puzzle puzzle(sealed.tag(), sealed.claimed_id(), 0, kEffort, kParts);
  while (puzzle.IsSolvedBy(kParts - 1, solution.nonces[kParts - 1])) {
    ++solution.nonces[kParts - 1];
  }
  solved.unsolved = FormatSolution(solution);
  char& last = solved.forged[solved.forged.size() - 8];
  last = last == 'A' ? 'B' : 'A';
  return solved;
}

// Fresh challenges, as many as one pass of a loop needs: redeeming one twice meets the memo.
std::vector<Solved> SolveMany() {
  const Issuer issuer = NewIssuer();
  Entropy entropy;
  std::vector<Solved> many;
  for (int i = 0; i < 256; ++i) many.push_back(SolveOne(issuer, entropy));
  return many;
}

enum class Attempt { kValid, kForged, kUnsolved, kRepeat };

void Redeem(benchmark::State& state, Attempt attempt, Verdict expected) {
  static const std::vector<Solved> solved = SolveMany();
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
    const Solved& one = solved[attempt == Attempt::kRepeat ? 0 : i];
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
