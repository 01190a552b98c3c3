#include "service/degraded_states.h"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

namespace stile {
namespace {

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

DegradedStates::Counts Requests(std::uint64_t n) {
  DegradedStates::Counts counts{};
  counts[static_cast<std::size_t>(Touched::kRequests)] = n;
  return counts;
}

TEST(DegradedStates, PeriodCountsWhatCameSinceItBegan) {
  DegradedStates states;
  ASSERT_TRUE(states.Set(Degradation::kGeo, true, kNow, Requests(10)));
  const auto period = states.PeriodOf(Degradation::kGeo, Requests(17));
  ASSERT_TRUE(period);
  EXPECT_EQ(period->since, kNow);
  EXPECT_EQ(period->requests, 7U);
}

TEST(DegradedStates, WhatIsSoAlreadyChangesNothing) {
  DegradedStates states;
  ASSERT_TRUE(states.Set(Degradation::kGeo, true, kNow, Requests(10)));
  EXPECT_FALSE(states.Set(Degradation::kGeo, true, kNow + std::chrono::seconds(5), Requests(20)));
  EXPECT_EQ(states.PeriodOf(Degradation::kGeo, Requests(20))->since, kNow);
  EXPECT_FALSE(states.Set(Degradation::kKeys, false, kNow, Requests(20)));
}

TEST(DegradedStates, EndTellsThePeriodThatIsOver) {
  DegradedStates states;
  (void)states.Set(Degradation::kGeo, true, kNow, Requests(10));
  const auto over = states.Set(Degradation::kGeo, false, kNow, Requests(13));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->requests, 3U);
  EXPECT_FALSE(states.Holds(Degradation::kGeo));
  EXPECT_FALSE(states.PeriodOf(Degradation::kGeo, Requests(13)));
}

TEST(DegradedStates, AllPeriodsAreAddedUp) {
  DegradedStates states;
  (void)states.Set(Degradation::kGeo, true, kNow, Requests(10));
  (void)states.Set(Degradation::kGeo, false, kNow, Requests(13));
  (void)states.Set(Degradation::kGeo, true, kNow, Requests(20));
  EXPECT_EQ(states.AllTouched(Degradation::kGeo, Requests(25)), 8U);
}

TEST(DegradedStates, WhatTouchesNothingCountsNothing) {
  DegradedStates states;
  (void)states.Set(Degradation::kState, true, kNow, Requests(1));
  EXPECT_EQ(states.PeriodOf(Degradation::kState, Requests(9))->requests, 0U);
}

// That each has its texts at all is checked where they are compiled.
TEST(DegradationText, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDegradationCount; ++i) {
    const DegradationText& text = TextOf(static_cast<Degradation>(i));
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    for (const std::string_view sentence : {text.message, text.doing, text.advice}) {
      EXPECT_FALSE(sentence.ends_with('.')) << sentence;
    }
  }
}

}  // namespace
}  // namespace stile
