#include "tool/price_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "verifier/policy/built_in_levels.h"

namespace stile {
namespace {

// Round numbers: a browser worker tries 1,000 of either puzzle in a second; a core 2,000 of hashwx
// and 10,000 of sha256; a GPU 20,000 and a million.
PriceTerms RoundTerms() {
  PriceTerms terms;
  terms.rates = {{Puzzle::kHashwx, SolverKind::kBrowser, 1e3, "here", false},
                 {Puzzle::kHashwx, SolverKind::kNative, 2e3, "here", false},
                 {Puzzle::kHashwx, SolverKind::kGpu, 2e4, "here", false},
                 {Puzzle::kSha256, SolverKind::kBrowser, 1e3, "here", false},
                 {Puzzle::kSha256, SolverKind::kNative, 1e4, "here", false},
                 {Puzzle::kSha256, SolverKind::kGpu, 1e6, "somebody", true}};
  terms.native_hour_dollars = 0.036;  // 10 microdollars a second.
  terms.gpu_hour_dollars = 3.6;
  return terms;
}

Alternative Work(Puzzle puzzle, std::uint64_t effort) { return {puzzle, 2, 8, 0, effort, 3600}; }
Alternative Wait() { return {Puzzle::kWait, 1, 0, 0, 5000, 600}; }

Level LevelOf(const std::vector<Alternative>& alternatives) {
  Level level;
  level.name = "light";
  level.rank = 2;
  level.alternative_count = static_cast<std::uint8_t>(alternatives.size());
  std::copy(alternatives.begin(), alternatives.end(), level.alternatives.begin());
  return level;
}

LevelPrice PriceOf(const std::vector<Alternative>& alternatives,
                   const PriceTerms& terms = RoundTerms()) {
  const std::vector<Level> levels = {LevelOf(alternatives)};
  return PriceLevels(levels, terms).front();
}

const SolverPrice& Of(const AlternativePrice& price, SolverKind kind) {
  return *std::find_if(price.solvers.begin(), price.solvers.end(),
                       [kind](const SolverPrice& s) { return s.rate.solver == kind; });
}

TEST(PriceReportTest, EachSolverTakesEffortByItsRate) {
  const AlternativePrice price = PriceOf({Work(Puzzle::kHashwx, 4000)}).alternatives[0];
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kBrowser).seconds, 4);
  EXPECT_DOUBLE_EQ(price.slow_visitor_seconds, 24);
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kNative).seconds, 2);
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kNative).dollars_per_million.value_or(0), 20);
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kGpu).seconds, 0.2);
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kGpu).dollars_per_million.value_or(0), 200);
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kGpu).visitors, 20);
}

TEST(PriceReportTest, WhatAVisitorPaysIsNotKnown) {
  const AlternativePrice price = PriceOf({Work(Puzzle::kHashwx, 4000)}).alternatives[0];
  EXPECT_EQ(Of(price, SolverKind::kBrowser).dollars_per_million, std::nullopt);
}

TEST(PriceReportTest, AnAttackerTakesTheSolverThatPaysTheLeast) {
  const LevelPrice level = PriceOf({Work(Puzzle::kHashwx, 4000), Work(Puzzle::kSha256, 4000)});
  EXPECT_EQ(level.alternatives[0].CheapestAttack()->rate.solver, SolverKind::kNative);
  PriceTerms terms = RoundTerms();
  terms.gpu_hour_dollars = 0.1;
  const LevelPrice rented = PriceOf({Work(Puzzle::kHashwx, 4000)}, terms);
  EXPECT_EQ(rented.alternatives[0].CheapestAttack()->rate.solver, SolverKind::kGpu);
}

TEST(PriceReportTest, ALevelCostsWhatItsCheapestAlternativeDoes) {
  const LevelPrice level = PriceOf({Work(Puzzle::kHashwx, 4000), Work(Puzzle::kSha256, 4000)});
  EXPECT_EQ(level.Cheapest()->alternative.puzzle, Puzzle::kSha256);
  EXPECT_EQ(level.CheapestWork(), level.Cheapest());
}

TEST(PriceReportTest, WaitingIsCheaperThanAnyWorkAndLimited) {
  const LevelPrice level = PriceOf({Work(Puzzle::kSha256, 1), Wait()});
  EXPECT_EQ(level.Cheapest()->alternative.puzzle, Puzzle::kWait);
  EXPECT_EQ(level.CheapestWork()->alternative.puzzle, Puzzle::kSha256);
  ASSERT_TRUE(level.Cheapest()->limit);
  EXPECT_DOUBLE_EQ(level.Cheapest()->limit->per_hour_and_prefix, 60);
  EXPECT_DOUBLE_EQ(level.Cheapest()->limit->per_hour, 36'000);
}

TEST(PriceReportTest, Sha256IsLimitedOnlyBesideHashwx) {
  EXPECT_FALSE(PriceOf({Work(Puzzle::kSha256, 4000)}).alternatives[0].limit);
  const LevelPrice level = PriceOf({Work(Puzzle::kHashwx, 4000), Work(Puzzle::kSha256, 4000)});
  EXPECT_FALSE(level.alternatives[0].limit);
  ASSERT_TRUE(level.alternatives[1].limit);
  EXPECT_DOUBLE_EQ(level.alternatives[1].limit->per_hour_and_prefix, 180);
  EXPECT_DOUBLE_EQ(level.alternatives[1].limit->per_hour, 72'000);
}

TEST(PriceReportTest, WhatIsLimitedIsNotTheCheapestWithoutLimit) {
  const LevelPrice level =
      PriceOf({Work(Puzzle::kHashwx, 4000), Work(Puzzle::kSha256, 4000), Wait()});
  EXPECT_EQ(level.CheapestWork()->alternative.puzzle, Puzzle::kSha256);
  EXPECT_EQ(level.CheapestUnlimited()->alternative.puzzle, Puzzle::kHashwx);
  EXPECT_EQ(PriceOf({Wait()}).CheapestUnlimited(), nullptr);
}

TEST(PriceReportTest, TheHeadlineNamesTheCheapestFirst) {
  const LevelPrice level =
      PriceOf({Work(Puzzle::kHashwx, 4000), Work(Puzzle::kSha256, 4000), Wait()});
  const std::string text = PriceText("a.toml", {level}, RoundTerms());
  EXPECT_NE(
      text.find("light (rank 2) costs an attacker\n"
                "  nothing: wait 5 s, at most 60 an hour from one prefix, 36,000 in all\n"
                "  $4.00 a million: sha256 4,000 in 8 parts on a native core, at most 180 an "
                "hour from one prefix, 72,000 in all\n"
                "  $20.00 a million without limit: hashwx 4,000 in 8 parts on a native core\n"),
      std::string::npos)
      << text;
}

TEST(PriceReportTest, WhatIsCitedIsMarked) {
  const std::string text = PriceTermsText(RoundTerms());
  EXPECT_NE(text.find("GPU *"), std::string::npos) << text;
  EXPECT_NE(text.find("* cited, not measured by us"), std::string::npos) << text;
}

TEST(PriceReportTest, TheLastRateOfAPuzzleAndSolverCounts) {
  PriceTerms terms = RoundTerms();
  terms.rates.push_back({Puzzle::kHashwx, SolverKind::kNative, 4e3, "as given", false});
  const AlternativePrice price = PriceOf({Work(Puzzle::kHashwx, 4000)}, terms).alternatives[0];
  EXPECT_DOUBLE_EQ(Of(price, SolverKind::kNative).seconds, 1);
}

TEST(PriceReportTest, AnAlternativeWithoutRatesHasNoPrice) {
  PriceTerms terms = RoundTerms();
  terms.rates.clear();
  const LevelPrice level = PriceOf({Work(Puzzle::kHashwx, 4000)}, terms);
  EXPECT_EQ(level.alternatives[0].CheapestAttack(), nullptr);
  EXPECT_NE(PriceText("", {level}, terms).find("not known: hashwx 4,000"), std::string::npos);
}

TEST(PriceReportTest, EveryWorkHasARateOfEachSolverWithItsOrigin) {
  for (const Puzzle puzzle : {Puzzle::kHashwx, Puzzle::kSha256}) {
    for (const SolverKind solver : kSolverKinds) {
      PriceTerms terms;
      terms.rates.assign(ReferenceRates().begin(), ReferenceRates().end());
      const ReferenceRate* const rate = terms.Rate(puzzle, solver);
      ASSERT_NE(rate, nullptr) << PuzzleName(puzzle) << ' ' << SolverKindName(solver);
      EXPECT_GT(rate->per_second, 0);
      EXPECT_FALSE(rate->provenance.empty());
    }
  }
}

TEST(PriceReportTest, JsonHasWhatTheTextHas) {
  const LevelPrice level = PriceOf({Work(Puzzle::kSha256, 4000), Wait()});
  const std::string text = PriceJson({{"a.toml", {level}}}, RoundTerms());
  for (const char* member :
       {R"("cheapest":{"puzzle":"wait")", R"("cheapest_work":{"puzzle":"sha256")",
        R"("per_hour_and_prefix":6E1)", R"("provenance":"somebody","cited":true)",
        R"("core_hour_dollars":3.6E-2)"}) {
    EXPECT_NE(text.find(member), std::string::npos) << member << "\n" << text;
  }
}

}  // namespace
}  // namespace stile
