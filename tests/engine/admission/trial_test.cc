#include "engine/admission/trial.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>

#include "engine/admission/client_set.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

CohortComparison Cleared(double turned_away, double cleared, double turned_away_outside,
                         double cleared_outside) {
  CohortComparison comparison;
  comparison.inside.cleared = cleared;
  comparison.inside.turned_away = turned_away;
  comparison.outside.cleared = cleared_outside;
  comparison.outside.turned_away = turned_away_outside;
  return comparison;
}

bool IsWorse(const CohortComparison& comparison) { return !WhyWorse(comparison, {}).empty(); }

TEST(WhyWorse, ThreeClientsOfThreeAreEnough) { EXPECT_TRUE(IsWorse(Cleared(3, 3, 0, 300))); }

TEST(WhyWorse, TwoClientsNeverAre) {
  AdmissionLimits limits;
  limits.blast_radius = 0;
  EXPECT_TRUE(WhyWorse(Cleared(2, 2, 0, 100'000), limits).empty());
  EXPECT_FALSE(WhyWorse(Cleared(3, 3, 0, 100'000), limits).empty());
}

TEST(WhyWorse, NamesBothNumbers) {
  const Errors errors = WhyWorse(Cleared(30, 40, 2, 4'000), {});
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_NE(errors[0].message.find("30 of the 40 clients"), std::string::npos) << errors[0].message;
  EXPECT_NE(errors[0].message.find("2 of 4000"), std::string::npos) << errors[0].message;
}

TEST(WhyWorse, WhatHappensOutsideTooIsNotTheCandidates) {
  EXPECT_FALSE(IsWorse(Cleared(300, 1'000, 30'000, 100'000)));
}

TEST(WhyWorse, TheLimitIsAllowed) {
  EXPECT_FALSE(IsWorse(Cleared(10, 1'000, 0, 100'000)));
  EXPECT_TRUE(IsWorse(Cleared(50, 1'000, 0, 100'000)));
}

TEST(WhyWorse, WithoutOthersToCompareWithItTakesMore) {
  EXPECT_FALSE(IsWorse(Cleared(5, 5, 0, 0)));
  EXPECT_TRUE(IsWorse(Cleared(50, 50, 0, 0)));
}

TEST(WhyWorse, ASmallerShareOfManyTakesMoreThanChance) {
  // One in a hundred expected, 3 of 60 met: it happens.
  EXPECT_FALSE(IsWorse(Cleared(3, 60, 0, 6'000)));
}

TEST(WhyWorse, ClearancesThatAreNotHonouredCount) {
  CohortComparison comparison;
  comparison.inside.bearers = 10;
  comparison.inside.unhonoured = 10;
  comparison.outside.bearers = 1'000;
  EXPECT_TRUE(IsWorse(comparison));
  // As many are forged outside.
  comparison.outside.unhonoured = 990;
  EXPECT_FALSE(IsWorse(comparison));
}

class TrialTest : public testing::Test {
 protected:
  TrialTest() {
    limits_.cohort_for = seconds{60};
    trial_.Begin("aa", milliseconds{0});
  }
  Trial::State At(seconds now, double clients) {
    return trial_.Look(limits_, now, Cleared(0, clients, 0, 1'000));
  }
  AdmissionLimits limits_;
  Trial trial_;
};

TEST_F(TrialTest, PassesOnceItsTimeIsOver) {
  EXPECT_EQ(At(seconds{59}, 1'000), Trial::State::kGoesOn);
  EXPECT_EQ(At(seconds{60}, 1'000), Trial::State::kPassed);
}

TEST_F(TrialTest, WaitsForClientsButNotForEver) {
  EXPECT_EQ(At(seconds{299}, 19), Trial::State::kGoesOn);
  EXPECT_EQ(At(seconds{300}, 19), Trial::State::kPassed);
}

TEST_F(TrialTest, IsWorseAtAnyTime) {
  EXPECT_EQ(trial_.Look(limits_, seconds{1}, Cleared(9, 9, 0, 900)), Trial::State::kWorse);
  EXPECT_EQ(trial_.Look(limits_, seconds{400}, Cleared(9, 9, 0, 900)), Trial::State::kWorse);
}

TEST_F(TrialTest, TheSameCandidateKeepsItsTime) {
  trial_.Begin("aa", seconds{50});
  EXPECT_EQ(At(seconds{60}, 1'000), Trial::State::kPassed);
  trial_.Begin("bb", seconds{60});
  EXPECT_EQ(At(seconds{61}, 1'000), Trial::State::kGoesOn);
  trial_.End();
  EXPECT_EQ(At(seconds{500}, 1'000), Trial::State::kNone);
}

TokenId IdOf(std::uint32_t number) {
  TokenId id{};
  std::memcpy(id.data(), &number, sizeof number);
  return id;
}

TEST(ClientSet, CountsClientsAndNotHowOftenTheyCome) {
  const auto set = std::make_unique<ClientSet>();
  for (int again = 0; again < 5; ++again) {
    for (std::uint32_t i = 0; i < 40; ++i) set->Add(ClientHash(IdOf(i), 7));
  }
  EXPECT_EQ(set->Count(), 40);
  set->Clear();
  EXPECT_EQ(set->Count(), 0);
}

TEST(ClientSet, CountsManyWell) {
  const auto set = std::make_unique<ClientSet>();
  for (std::uint32_t i = 0; i < 100'000; ++i) set->Add(ClientHash(IdOf(i), 7));
  EXPECT_NEAR(set->Count(), 100'000, 3'000);
}

// Those of a cohort differ in the lower half of their numbers alone.
TEST(ClientSet, CountsThoseOfACohortAsWell) {
  const auto set = std::make_unique<ClientSet>();
  int members = 0;
  for (std::uint32_t i = 0; i < 300'000; ++i) {
    const std::uint64_t client = ClientHash(IdOf(i), 7);
    if (client >> 32 >= (std::uint64_t{1} << 32) / 100) continue;
    ++members;
    set->Add(client);
  }
  EXPECT_NEAR(members, 3'000, 300);
  EXPECT_NEAR(set->Count(), members, 150);
}

TEST(ClientHash, AnotherSeedPicksOthers) {
  int both = 0;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const auto is_in = [&](std::uint64_t seed) { return ClientHash(IdOf(i), seed) >> 63 == 0; };
    if (is_in(CohortSeed("candidate one")) && is_in(CohortSeed("candidate two"))) ++both;
  }
  EXPECT_NEAR(both, 2'500, 250);
}

}  // namespace
}  // namespace stile
