#ifndef STILE_TOOL_PRICE_REPORT_H_
#define STILE_TOOL_PRICE_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "challenge/alternative.h"
#include "tool/reference_rates.h"
#include "verifier/level.h"
#include "verifier/redeemer.h"

namespace stile {

// What a price follows from besides the levels.
struct PriceTerms {
  std::vector<ReferenceRate> rates;  // The last one of a puzzle and a solver counts.
  double slow_factor = kSlowFactor;
  double native_hour_dollars = kNativeHourDollars;
  double gpu_hour_dollars = kGpuHourDollars;
  RedeemTables::Options limits;

  // Null if there is none.
  [[nodiscard]] const ReferenceRate* Rate(Puzzle puzzle, SolverKind solver) const;
};

// How many clearances an alternative gives in an hour at most, since redeeming it is limited.
struct RedeemLimit {
  double per_hour_and_prefix = 0;
  double per_hour = 0;
};

// What one kind of solver pays for one clearance.
struct SolverPrice {
  ReferenceRate rate;
  double seconds = 0;                         // Expected, for one clearance.
  std::optional<double> dollars_per_million;  // Nothing is known of what a visitor pays.
  double visitors = 0;                        // How many browser workers are as fast.
};

struct AlternativePrice {
  Alternative alternative;
  std::string earns;                 // The level, by name.
  std::vector<SolverPrice> solvers;  // Of work: those whose rate is known. Of wait: none.
  double slow_visitor_seconds = 0;
  std::optional<RedeemLimit> limit;

  // The attacker's solver that pays the least; null of wait.
  [[nodiscard]] const SolverPrice* CheapestAttack() const;
};

// A level costs what its cheapest alternative does.
struct LevelPrice {
  std::string name;
  std::uint8_t rank = 0;
  std::vector<AlternativePrice> alternatives;

  // The alternative that costs an attacker the least: one that asks no work, if there is one. Null
  // without alternatives.
  [[nodiscard]] const AlternativePrice* Cheapest() const;
  // The same among those that ask work.
  [[nodiscard]] const AlternativePrice* CheapestWork() const;
  // The same among those that may be redeemed as often as they are solved.
  [[nodiscard]] const AlternativePrice* CheapestUnlimited() const;
};

[[nodiscard]] std::vector<LevelPrice> PriceLevels(std::span<const Level> levels,
                                                  const PriceTerms& terms);

// What `stile price` prints of `levels`, which are those of `policy`, a name.
[[nodiscard]] std::string PriceText(const std::string& policy,
                                    const std::vector<LevelPrice>& levels, const PriceTerms& terms);
// The rates and terms, for the end of the text.
[[nodiscard]] std::string PriceTermsText(const PriceTerms& terms);

// What `stile price --json` prints; docs/economics.md lists the members.
struct PricedPolicy {
  std::string policy;
  std::vector<LevelPrice> levels;
};
[[nodiscard]] std::string PriceJson(const std::vector<PricedPolicy>& policies,
                                    const PriceTerms& terms);

}  // namespace stile

#endif  // STILE_TOOL_PRICE_REPORT_H_
