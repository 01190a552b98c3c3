#include "bench/solved_challenge.h"

#include <array>
#include <chrono>
#include <cstdlib>

#include "bench/fixture.h"
#include "challenge/alternative.h"
#include "challenge/entropy.h"
#include "challenge/issuer.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/sealed_challenge.h"
#include "challenge/solution.h"

namespace stile::bench {
namespace {

constexpr std::uint8_t kParts = 16;
constexpr std::uint64_t kEffort = 16 * 64;

SealedChallenge Issue(const Client& client, UnixMillis issued_at, std::string& text) {
  static const Issuer issuer = [] {
    auto made = Issuer::Create(Fixture::Get().keys(), std::chrono::seconds{600});
    if (!made) std::abort();
    return *std::move(made);
  }();
  static Entropy entropy;
  std::array<Alternative, 2> alternatives;
  alternatives[0] = {Puzzle::kSha256, 2, kParts, 0, kEffort, 43'200};
  alternatives[1] = {Puzzle::kWait, 1, 0, 0, 5'000, 600};
  Issuer::Order order;
  order.binding = Binding::Of(client, {});
  order.alternatives = alternatives;
  order.return_path = "/";
  ChallengeText written;
  SealedChallenge sealed;
  if (issuer.Issue(order, issued_at, entropy, written) != IssueFailure::kNone ||
      sealed.Parse(written.view()) != TokenShape::kWellFormed) {
    std::abort();
  }
  text = std::string(written.view());
  return sealed;
}

}  // namespace

SolvedChallenge SolvedChallenge::Make(const Client& client, UnixMillis issued_at) {
  SolvedChallenge made;
  const SealedChallenge sealed = Issue(client, issued_at, made.challenge);
  Sha256Job job{};
  Sha256PrefixMidstate(sealed.tag().bytes.data(), sealed.claimed_id().data(), 0, job.midstate);
  job.target = Sha256Puzzle::Target(kEffort, kParts);
  Solution solution;
  solution.parts = kParts;
  for (std::uint32_t part = 0; part < kParts; ++part) {
    job.part = part;
    std::uint64_t tried = 0;
    if (!SearchSha256(job, 0, 1U << 20, &solution.nonces[part], &tried)) std::abort();
  }
  made.solution = FormatSolution(solution);
  const Sha256Puzzle puzzle(sealed.tag(), sealed.claimed_id(), 0, kEffort, kParts);
  while (puzzle.IsSolvedBy(kParts - 1, solution.nonces[kParts - 1])) {
    ++solution.nonces[kParts - 1];
  }
  made.unsolved = FormatSolution(solution);
  Solution wait;
  wait.alternative = 1;
  made.waited = FormatSolution(wait);
  made.forged = made.challenge;
  char& last = made.forged[made.forged.size() - 8];
  last = last == 'A' ? 'B' : 'A';
  return made;
}

}  // namespace stile::bench
