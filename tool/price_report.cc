#include "tool/price_report.h"

#include <algorithm>
#include <cmath>

namespace stile {
namespace {

constexpr double kMillion = 1e6;
constexpr double kSecondsPerHour = 3600;

double PerHour(const Rate& rate) {
  const double milliseconds = static_cast<double>(rate.period.count());
  return milliseconds <= 0 ? 0 : rate.count * kSecondsPerHour * 1000 / milliseconds;
}

std::span<const Alternative> AlternativesOf(const Level& level) {
  return std::span(level.alternatives)
      .first(std::min<std::size_t>(level.alternative_count, kMaxAlternatives));
}

// Waiting is limited where it is redeemed, and sha256 beside hashwx; other work is its own limit.
std::optional<RedeemLimit> LimitOf(const Alternative& alternative, const Level& level,
                                   const RedeemTables::Options& limits) {
  if (alternative.puzzle == Puzzle::kWait) {
    return RedeemLimit{PerHour(limits.wait_per_prefix), PerHour(limits.wait_global)};
  }
  const auto all = AlternativesOf(level);
  const bool is_fallback = alternative.puzzle == Puzzle::kSha256 &&
                           std::any_of(all.begin(), all.end(), [](const Alternative& other) {
                             return other.puzzle == Puzzle::kHashwx;
                           });
  if (!is_fallback) return std::nullopt;
  return RedeemLimit{PerHour(limits.sha256_per_prefix), PerHour(limits.sha256_global)};
}

std::optional<double> DollarsPerMillion(SolverKind solver, double seconds,
                                        const PriceTerms& terms) {
  if (solver == SolverKind::kBrowser) return std::nullopt;
  const double hour =
      solver == SolverKind::kGpu ? terms.gpu_hour_dollars : terms.native_hour_dollars;
  return seconds * kMillion / kSecondsPerHour * hour;
}

AlternativePrice PriceAlternative(const Alternative& alternative, const Level& level,
                                  const PriceTerms& terms) {
  AlternativePrice price;
  price.alternative = alternative;
  price.limit = LimitOf(alternative, level, terms.limits);
  if (alternative.puzzle == Puzzle::kWait) {
    price.slow_visitor_seconds = static_cast<double>(alternative.effort) / 1000;
    return price;
  }
  const auto effort = static_cast<double>(alternative.effort);
  const ReferenceRate* const visitor = terms.Rate(alternative.puzzle, SolverKind::kBrowser);
  for (const SolverKind kind : kSolverKinds) {
    const ReferenceRate* const rate = terms.Rate(alternative.puzzle, kind);
    if (rate == nullptr) continue;
    SolverPrice solver;
    solver.rate = *rate;
    solver.seconds = effort / rate->per_second;
    solver.dollars_per_million = DollarsPerMillion(kind, solver.seconds, terms);
    solver.visitors = visitor != nullptr ? rate->per_second / visitor->per_second : 0;
    price.solvers.push_back(solver);
    if (kind == SolverKind::kBrowser) {
      price.slow_visitor_seconds = solver.seconds * terms.slow_factor;
    }
  }
  return price;
}

// Nothing asked is cheaper than anything asked; an unknown price is dearer than a known one.
double AttackDollars(const AlternativePrice& price) {
  if (price.alternative.puzzle == Puzzle::kWait) return -1;
  const SolverPrice* const cheapest = price.CheapestAttack();
  return cheapest != nullptr ? *cheapest->dollars_per_million : HUGE_VAL;
}

bool IsCheaper(const AlternativePrice& a, const AlternativePrice& b) {
  return AttackDollars(a) < AttackDollars(b);
}

// The cheapest of those for which `holds` does; null if there is none.
template <typename Holds>
const AlternativePrice* CheapestOf(const std::vector<AlternativePrice>& alternatives, Holds holds) {
  const AlternativePrice* cheapest = nullptr;
  for (const AlternativePrice& price : alternatives) {
    if (holds(price) && (cheapest == nullptr || IsCheaper(price, *cheapest))) cheapest = &price;
  }
  return cheapest;
}

}  // namespace

const ReferenceRate* PriceTerms::Rate(Puzzle puzzle, SolverKind solver) const {
  const auto at = std::find_if(rates.rbegin(), rates.rend(), [&](const ReferenceRate& rate) {
    return rate.puzzle == puzzle && rate.solver == solver;
  });
  return at == rates.rend() ? nullptr : &*at;
}

const SolverPrice* AlternativePrice::CheapestAttack() const {
  const SolverPrice* cheapest = nullptr;
  for (const SolverPrice& solver : solvers) {
    if (!solver.dollars_per_million) continue;
    if (cheapest == nullptr || *solver.dollars_per_million < *cheapest->dollars_per_million) {
      cheapest = &solver;
    }
  }
  return cheapest;
}

const AlternativePrice* LevelPrice::Cheapest() const {
  return CheapestOf(alternatives, [](const AlternativePrice&) { return true; });
}

const AlternativePrice* LevelPrice::CheapestWork() const {
  return CheapestOf(alternatives, [](const AlternativePrice& price) {
    return price.alternative.puzzle != Puzzle::kWait;
  });
}

const AlternativePrice* LevelPrice::CheapestUnlimited() const {
  return CheapestOf(alternatives, [](const AlternativePrice& price) { return !price.limit; });
}

std::vector<LevelPrice> PriceLevels(std::span<const Level> levels, const PriceTerms& terms) {
  std::vector<LevelPrice> prices;
  for (const Level& level : levels) {
    LevelPrice price;
    price.name = level.name;
    price.rank = level.rank;
    for (const Alternative& alternative : AlternativesOf(level)) {
      const std::size_t i = price.alternatives.size();
      price.alternatives.push_back(PriceAlternative(alternative, level, terms));
      price.alternatives.back().earns = level.earns[i];
    }
    prices.push_back(std::move(price));
  }
  return prices;
}

}  // namespace stile
