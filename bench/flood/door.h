#ifndef STILE_BENCH_FLOOD_DOOR_H_
#define STILE_BENCH_FLOOD_DOOR_H_

#include <cstdint>
#include <vector>

#include "bench/flood/price_loop.h"
#include "bench/flood/token_bucket.h"
#include "challenge/puzzle/puzzle.h"

namespace stile::bench {

// Stile as clients see it: it asks for work at the price that a PriceLoop sets, turns solutions
// into clearances within its limits, and lets each clearance make as many requests as its budget
// has. The figures are those of the level `light` and of docs/operations.md.
class Door {
 public:
  struct Options {
    double hashwx_effort = 262'144;  // At a price of 100.
    double sha256_effort = 4'000'000;
    double hashwx_greatest = 4'000'000;  // Whatever the price.
    double sha256_greatest = 64'000'000;
    int hashwx_parts = 8;
    int sha256_parts = 16;
    double wait = 5;  // Seconds.
    double challenge_life = 600;
    double waited_life = 600;   // Of a clearance earned by waiting; others outlive the run.
    double budget_rate = 1;     // Requests a second of a clearance; half as much by sha256,
    double budget_burst = 300;  // a tenth by waiting.
    double prefix_rate = 20;    // Of all clearances of a prefix together.
    double prefix_burst = 6'000;
    double wait_prefix_rate = 10 / 600.0;  // Redemptions a second.
    double wait_prefix_burst = 10;
    double wait_rate = 10;
    double wait_burst = 600;
    double sha256_prefix_rate = 30 / 600.0;
    double sha256_prefix_burst = 30;
    double sha256_rate = 20;
    double sha256_burst = 1'200;
    double desk_rate = 20'000;  // hashwx solutions checked a second,
    double desk_places = 512;   // and how many may wait for it.
  };

  struct Challenge {
    std::uint32_t prefix = 0;
    double price = 0;
    double issued = 0;
  };
  struct Clearance {
    std::uint64_t id = 0;
    std::uint32_t prefix = 0;
    Puzzle puzzle = Puzzle::kNone;  // kNone: there is none.
    double price = 0;
    double expires = 0;
    TokenBucket budget;
  };
  enum class Result : std::uint8_t { kCleared, kLimited, kExpired };
  struct Redemption {
    Result result = Result::kExpired;
    double retry_after = 0;  // Whole seconds, as Retry-After is; with kLimited.
    Clearance clearance;     // With kCleared.
  };

  // Challenges are counted, and requests are, over all that a door has seen.
  struct Counts {
    std::uint64_t issued = 0;
    std::uint64_t redeemed = 0;
    std::uint64_t limited = 0;
    double refused = 0;  // Requests without a clearance that is good, or beyond a budget.
    double passed = 0;
  };

  Door(const Options& options, std::uint32_t prefixes, PriceLoop& loop);

  [[nodiscard]] Challenge Ask(std::uint32_t prefix, double now);

  // Evaluations that this challenge asks of a puzzle; seconds of `wait`.
  [[nodiscard]] double EffortOf(const Challenge& challenge, Puzzle puzzle) const noexcept;
  [[nodiscard]] int PartsOf(Puzzle puzzle) const noexcept {
    return puzzle == Puzzle::kHashwx ? options_.hashwx_parts : options_.sha256_parts;
  }

  // Of a right solution.
  [[nodiscard]] Redemption Redeem(const Challenge& challenge, Puzzle puzzle, double now);

  // Lets `wanted` requests pass as far as the budgets go, and returns how many. A clearance that
  // has expired, or that the loop wants more for, lets none pass and is none afterwards.
  [[nodiscard]] double Take(Clearance& clearance, double wanted, double now);

  // `requests` of clients without a clearance: each gets a challenge.
  void Refuse(double requests) noexcept { counts_.refused += requests; }

  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  [[nodiscard]] const Options& options() const noexcept { return options_; }

 private:
  [[nodiscard]] Redemption Limited(double seconds) noexcept;
  [[nodiscard]] bool TakesFallback(std::vector<TokenBucket>& prefixes, TokenBucket& all,
                                   std::uint32_t prefix, double now, Redemption& refusal) noexcept;
  [[nodiscard]] Clearance Mint(const Challenge& challenge, Puzzle puzzle, double now) noexcept;

  Options options_;
  PriceLoop& loop_;
  std::vector<TokenBucket> prefix_budgets_;
  std::vector<TokenBucket> prefix_waits_;
  std::vector<TokenBucket> prefix_sha256_;
  TokenBucket waits_;
  TokenBucket sha256_;
  TokenBucket desk_;  // The places that are free.
  Counts counts_;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_FLOOD_DOOR_H_
