#include "service/clock_guard.h"

#include <chrono>

#include <gtest/gtest.h>

namespace stile {
namespace {

using Finding = ClockGuard::Finding;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixMillis kStart = UnixMillis::FromSeconds(1'790'000'000);
constexpr milliseconds kUptime{hours{5}};
constexpr milliseconds kAdoptAfter{hours{1}};

// Both clocks `since` after the process's start, with the system's `ahead` of what it should be.
ClockReading At(milliseconds since, milliseconds ahead = milliseconds{0}) {
  return {BootClock::time_point(kUptime + since), kStart + since + ahead};
}

// A guard that has believed the clock for two hours.
ClockGuard Settled() {
  ClockGuard guard(At(milliseconds{0}));
  EXPECT_EQ(guard.Look(At(hours{2}), kAdoptAfter), Finding::kNothing);
  return guard;
}

UnixMillis TimeOf(const ClockGuard& guard, milliseconds since) { return guard.At(At(since).boot); }

TEST(ClockGuard, StartBelievesTheClock) {
  const ClockGuard guard(At(milliseconds{0}));
  EXPECT_FALSE(guard.doubts());
  EXPECT_EQ(TimeOf(guard, seconds{7}), kStart + seconds{7});
}

TEST(ClockGuard, StepAheadWithinAMinuteIsFollowedAtOnce) {
  ClockGuard guard = Settled();
  EXPECT_EQ(guard.Look(At(hours{2}, seconds{59}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(TimeOf(guard, hours{2}), kStart + hours{2} + seconds{59});
}

TEST(ClockGuard, StepBackWithinAMinuteIsFollowedWithoutEverRunningBack) {
  ClockGuard guard = Settled();
  UnixMillis last = TimeOf(guard, hours{2});
  milliseconds since{hours{2}};
  for (int i = 0; i < 600; ++i) {
    since += milliseconds{250};
    EXPECT_EQ(guard.Look(At(since, -seconds{59}), kAdoptAfter), Finding::kNothing);
    const UnixMillis now = TimeOf(guard, since);
    EXPECT_GT(now, last);
    last = now;
  }
  EXPECT_LE(last - (kStart + since - seconds{59}), ClockGuard::kIgnored);
}

TEST(ClockGuard, LeapIsDoubtedAndTimeGoesOn) {
  for (const milliseconds leap : {milliseconds{hours{1}}, -milliseconds{hours{1}},
                                  milliseconds{hours{24 * 3653}}, -milliseconds{minutes{2}}}) {
    ClockGuard guard = Settled();
    EXPECT_EQ(guard.Look(At(hours{2}, leap), kAdoptAfter), Finding::kLeapt);
    EXPECT_TRUE(guard.doubts());
    EXPECT_EQ(guard.Look(At(hours{2} + minutes{1}, leap), kAdoptAfter), Finding::kNothing);
    EXPECT_EQ(TimeOf(guard, hours{2} + minutes{1}), kStart + hours{2} + minutes{1});
  }
}

TEST(ClockGuard, ClockThatReturnsIsBelievedAgain) {
  ClockGuard guard = Settled();
  ASSERT_EQ(guard.Look(At(hours{2}, hours{1}), kAdoptAfter), Finding::kLeapt);
  EXPECT_EQ(guard.Look(At(hours{2} + seconds{1}), kAdoptAfter), Finding::kReturned);
  EXPECT_FALSE(guard.doubts());
  EXPECT_EQ(guard.Look(At(hours{2} + seconds{2}), kAdoptAfter), Finding::kNothing);
}

TEST(ClockGuard, LeapThatIsKeptToForTheConfiguredTimeIsDue) {
  ClockGuard guard = Settled();
  ASSERT_EQ(guard.Look(At(hours{2}, hours{9}), kAdoptAfter), Finding::kLeapt);
  EXPECT_EQ(guard.Look(At(hours{3} - seconds{1}, hours{9}), kAdoptAfter), Finding::kNothing);
  const ClockReading due = At(hours{3}, hours{9});
  ASSERT_EQ(guard.Look(due, kAdoptAfter), Finding::kDue);
  guard.Adopt(due);
  EXPECT_FALSE(guard.doubts());
  EXPECT_EQ(TimeOf(guard, hours{4}), kStart + hours{13});
  EXPECT_EQ(guard.Look(At(hours{4}, hours{9}), kAdoptAfter), Finding::kNothing);
}

// NTP sets the clock of a machine whose battery is dead soon after its start.
TEST(ClockGuard, LeapSoonAfterTheStartIsDueOnceItHasHeldAsLong) {
  ClockGuard guard(At(milliseconds{0}));
  constexpr milliseconds kYears{hours{24 * 365 * 20}};
  ASSERT_EQ(guard.Look(At(seconds{40}, kYears), kAdoptAfter), Finding::kLeapt);
  EXPECT_EQ(guard.Look(At(seconds{79}, kYears), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(guard.Look(At(seconds{80}, kYears), kAdoptAfter), Finding::kDue);
}

TEST(ClockGuard, LeapAtTheStartIsDoubtedForTenSeconds) {
  ClockGuard guard(At(milliseconds{0}));
  ASSERT_EQ(guard.Look(At(seconds{1}, hours{1}), kAdoptAfter), Finding::kLeapt);
  EXPECT_EQ(guard.Look(At(seconds{10}, hours{1}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(guard.Look(At(seconds{11}, hours{1}), kAdoptAfter), Finding::kDue);
}

TEST(ClockGuard, ClockThatLeapsOnIsConfirmedAnew) {
  ClockGuard guard = Settled();
  ASSERT_EQ(guard.Look(At(hours{2}, hours{1}), kAdoptAfter), Finding::kLeapt);
  ASSERT_EQ(guard.Look(At(hours{2} + minutes{50}, hours{2}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(guard.Look(At(hours{3}, hours{2}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(guard.Look(At(hours{3} + minutes{50}, hours{2}), kAdoptAfter), Finding::kDue);
}

TEST(ClockGuard, ClockThatStandsStillIsDoubtedAndNeverDue) {
  ClockGuard guard = Settled();
  int doubted = 0;
  for (milliseconds since{hours{2}}; since < hours{12}; since += seconds{1}) {
    const Finding finding = guard.Look(At(since, hours{2} - since), kAdoptAfter);
    EXPECT_NE(finding, Finding::kDue);
    if (finding == Finding::kLeapt) ++doubted;
  }
  EXPECT_EQ(doubted, 1);
  EXPECT_GT(TimeOf(guard, hours{12}) - kStart, hours{12} - minutes{2});
}

TEST(ClockGuard, SleepOfTheMachineIsNoLeap) {
  ClockGuard guard = Settled();
  EXPECT_EQ(guard.Look(At(hours{50}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(TimeOf(guard, hours{50}), kStart + hours{50});
}

TEST(ClockGuard, WhatCannotBeGoneByIsDueAgainAMinuteLater) {
  ClockGuard guard = Settled();
  ASSERT_EQ(guard.Look(At(hours{2}, hours{9}), kAdoptAfter), Finding::kLeapt);
  ASSERT_EQ(guard.Look(At(hours{3}, hours{9}), kAdoptAfter), Finding::kDue);
  guard.Postpone(At(hours{3}, hours{9}));
  EXPECT_TRUE(guard.doubts());
  EXPECT_EQ(guard.Look(At(hours{3} + seconds{59}, hours{9}), kAdoptAfter), Finding::kNothing);
  EXPECT_EQ(guard.Look(At(hours{3} + seconds{60}, hours{9}), kAdoptAfter), Finding::kDue);
}

TEST(ClockGuard, WithoutDoubtEveryLeapIsDueAtOnce) {
  ClockGuard guard = Settled();
  EXPECT_EQ(guard.Look(At(hours{2}, -hours{1}), milliseconds{0}), Finding::kDue);
}

TEST(ClockGuard, ClocksOfThisMachineAreReadTogether) {
  ClockGuard guard(ReadClocks());
  EXPECT_EQ(guard.Look(ReadClocks(), kAdoptAfter), Finding::kNothing);
}

}  // namespace
}  // namespace stile
