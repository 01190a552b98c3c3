#include <cmath>
#include <cstdio>

#include "challenge/concat.h"
#include "tool/price_numbers.h"
#include "tool/price_report.h"
#include "tool/text_table.h"

namespace stile {
namespace {

const char* SolverText(SolverKind kind) {
  switch (kind) {
    case SolverKind::kBrowser:
      return "browser worker";
    case SolverKind::kNative:
      return "native core";
    case SolverKind::kGpu:
      return "GPU";
  }
  return "";
}

std::string NameOf(const Alternative& alternative) {
  if (alternative.puzzle == Puzzle::kWait) {
    return Concat("wait ", SecondsText(static_cast<double>(alternative.effort) / 1000));
  }
  return Concat(PuzzleName(alternative.puzzle), " ", GroupedText(alternative.effort), " in ",
                std::to_string(alternative.parts), " parts");
}

std::string LimitText(const RedeemLimit& limit) {
  return Concat(GroupedText(static_cast<std::uint64_t>(limit.per_hour_and_prefix)),
                " an hour from one prefix, ",
                GroupedText(static_cast<std::uint64_t>(limit.per_hour)), " in all");
}

std::string LimitedText(const AlternativePrice& price) {
  return price.limit ? Concat(", at most ", LimitText(*price.limit)) : "";
}

std::string WorkLine(const AlternativePrice& work, std::string_view how) {
  const SolverPrice* const solver = work.CheapestAttack();
  if (solver == nullptr) return Concat("  not known", how, ": ", NameOf(work.alternative), "\n");
  return Concat("  ", DollarsText(*solver->dollars_per_million), " a million", how, ": ",
                NameOf(work.alternative), " on a ", SolverText(solver->rate.solver),
                LimitedText(work), "\n");
}

// The lines that say what a level costs whoever attacks it: at its cheapest first, then, where that
// is limited, at what there is more of.
std::string HeadlinesOf(const LevelPrice& level) {
  const AlternativePrice* const cheapest = level.Cheapest();
  const AlternativePrice* const work = level.CheapestWork();
  const AlternativePrice* const unlimited = level.CheapestUnlimited();
  std::string text;
  if (cheapest != nullptr && cheapest->alternative.puzzle == Puzzle::kWait) {
    text = Concat("  nothing: ", NameOf(cheapest->alternative), LimitedText(*cheapest), "\n");
  }
  if (work != nullptr) text += WorkLine(*work, "");
  if (unlimited != nullptr && unlimited != work) text += WorkLine(*unlimited, " without limit");
  return text;
}

void AddSolvers(const AlternativePrice& price, const PriceTerms& terms, TextTable& table) {
  std::string name = NameOf(price.alternative);
  std::string life = SecondsText(price.alternative.lifetime_seconds);
  const auto add = [&](std::vector<std::string> cells) {
    cells.insert(cells.begin(), {std::move(name), std::move(life)});
    table.Add(std::move(cells));
    name.clear(), life.clear();
  };
  if (price.alternative.puzzle == Puzzle::kWait) {
    add({"anybody", SecondsText(price.slow_visitor_seconds), "0", DollarsText(0), ""});
  }
  for (const SolverPrice& solver : price.solvers) {
    const bool is_visitor = solver.rate.solver == SolverKind::kBrowser;
    add({Concat(SolverText(solver.rate.solver), solver.rate.is_cited ? " *" : ""),
         SecondsText(solver.seconds), GroupedText(std::llround(solver.seconds * 1e6)),
         is_visitor ? "" : DollarsText(*solver.dollars_per_million), FactorText(solver.visitors)});
    if (is_visitor) {
      add({Concat("slowed ", FactorText(terms.slow_factor)),
           SecondsText(price.slow_visitor_seconds),
           GroupedText(std::llround(price.slow_visitor_seconds * 1e6)), "",
           FactorText(1 / terms.slow_factor)});
    }
  }
}

}  // namespace

std::string PriceText(const std::string& policy, const std::vector<LevelPrice>& levels,
                      const PriceTerms& terms) {
  std::string text = policy + "\n";
  for (const LevelPrice& level : levels) {
    text += Concat("\n", level.name, " (rank ", std::to_string(level.rank), ") costs an attacker\n",
                   HeadlinesOf(level), "\n");
    TextTable table("lrlrrrr");
    table.Add({"alternative", "life", "solver", "one takes", "seconds a million", "$ a million",
               "visitors"});
    for (const AlternativePrice& price : level.alternatives) AddSolvers(price, terms, table);
    text += table.Text("  ");
  }
  return text;
}

std::string PriceTermsText(const PriceTerms& terms) {
  TextTable table("llrl");
  bool any_cited = false;
  for (const ReferenceRate& reference : ReferenceRates()) {
    const ReferenceRate* const rate = terms.Rate(reference.puzzle, reference.solver);
    if (rate == nullptr) continue;
    any_cited = any_cited || rate->is_cited;
    table.Add({std::string(PuzzleName(rate->puzzle)),
               Concat(SolverText(rate->solver), rate->is_cited ? " *" : ""),
               Concat(MagnitudeText(rate->per_second), "/s"), std::string(rate->provenance)});
  }
  return Concat("\nRates\n", table.Text("  "), any_cited ? "  * cited, not measured by us\n" : "",
                "A core-hour at ", DollarsText(terms.native_hour_dollars), ", a GPU-hour at ",
                DollarsText(terms.gpu_hour_dollars),
                ": assumed. Visitors: how many browser workers are as fast.\n");
}

}  // namespace stile
