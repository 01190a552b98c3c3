#include "verifier/verdict.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "verifier/clearance_check.h"
#include "verifier/gate.h"
#include "verifier/redeemer.h"

namespace stile {
namespace {

TEST(VerdictTest, EveryVerdictHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kVerdictCount; ++i) {
    names.insert(VerdictName(static_cast<Verdict>(i)));
  }
  EXPECT_EQ(names.size(), kVerdictCount);
  EXPECT_EQ(VerdictName(Verdict::kWrongClient), "wrong-client");
  EXPECT_EQ(VerdictName(static_cast<Verdict>(kVerdictCount)), "none");
}

TEST(VerdictTest, EveryActionHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kActionCount; ++i) names.insert(ActionName(static_cast<Action>(i)));
  EXPECT_EQ(names.size(), kActionCount);
  EXPECT_EQ(ActionName(Action::kChallenge), "challenge");
  EXPECT_EQ(ActionName(static_cast<Action>(kActionCount)), "none");
}

TEST(VerdictTest, DefaultResultsPassNothing) {
  const ClearanceFinding finding;
  EXPECT_NE(finding.verdict, Verdict::kValid);
  EXPECT_FALSE(finding.authentic);
  EXPECT_FALSE(finding.in_grace);
  EXPECT_EQ(finding.clearance.rank, 0);
  const Decision decision;
  EXPECT_NE(decision.action, Action::kAllow);
  EXPECT_NE(decision.verdict, Verdict::kValid);
  const Redemption redemption;
  EXPECT_NE(redemption.verdict, Verdict::kValid);
  EXPECT_FALSE(redemption.authentic);
  EXPECT_EQ(redemption.text, ClearanceText{});
}

}  // namespace
}  // namespace stile
