#include "service/refusal_log.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(RefusalBudgetTest, EachSecondHasItsOwnLines) {
  RefusalBudget budget;
  EXPECT_TRUE(budget.Take(100, 2));
  EXPECT_TRUE(budget.Take(100, 2));
  EXPECT_FALSE(budget.Take(100, 2));
  EXPECT_TRUE(budget.Take(101, 2));
}

TEST(RefusalBudgetTest, ClockThatIsSetBackDoesNotSilenceIt) {
  RefusalBudget budget;
  EXPECT_TRUE(budget.Take(100, 1));
  EXPECT_TRUE(budget.Take(50, 1));
  EXPECT_FALSE(budget.Take(50, 1));
}

TEST(RefusalBudgetTest, LimitThatShrinksHoldsAtOnce) {
  RefusalBudget budget;
  EXPECT_TRUE(budget.Take(100, 10));
  EXPECT_TRUE(budget.Take(100, 10));
  EXPECT_FALSE(budget.Take(100, 1));
  EXPECT_FALSE(budget.Take(101, 0));
}

}  // namespace
}  // namespace stile
