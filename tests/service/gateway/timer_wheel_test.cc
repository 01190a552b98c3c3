#include "service/timer_wheel.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <vector>

namespace stile {
namespace {

using std::chrono::milliseconds;

const Instant kStart = Instant(std::chrono::hours(100));

struct Probe final : TimerWheel::Node {
  void OnDeadline() override { ++fired; }
  int fired = 0;
};

TEST(TimerWheelTest, FiresOnceAndNeverEarly) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.Arm(probe, kStart + milliseconds(330));
  wheel.Advance(kStart + milliseconds(329));
  EXPECT_EQ(probe.fired, 0);
  wheel.Advance(kStart + milliseconds(330) + TimerWheel::kTick);
  EXPECT_EQ(probe.fired, 1);
  wheel.Advance(kStart + milliseconds(5000));
  EXPECT_EQ(probe.fired, 1);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheelTest, LaterDeadlineReplacesTheEarlierOne) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.Arm(probe, kStart + milliseconds(100));
  wheel.Arm(probe, kStart + milliseconds(1000));
  wheel.Advance(kStart + milliseconds(900));
  EXPECT_EQ(probe.fired, 0);
  wheel.Advance(kStart + milliseconds(1100));
  EXPECT_EQ(probe.fired, 1);
}

TEST(TimerWheelTest, EarlierDeadlineReplacesTheLaterOne) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.Arm(probe, kStart + milliseconds(1000));
  wheel.Arm(probe, kStart + milliseconds(100));
  wheel.Advance(kStart + milliseconds(200));
  EXPECT_EQ(probe.fired, 1);
}

TEST(TimerWheelTest, DisarmedAndDestroyedNodesDoNotFire) {
  TimerWheel wheel(kStart);
  Probe disarmed;
  auto destroyed = std::make_unique<Probe>();
  wheel.Arm(disarmed, kStart + milliseconds(100));
  wheel.Arm(*destroyed, kStart + milliseconds(100));
  TimerWheel::Disarm(disarmed);
  destroyed.reset();
  EXPECT_TRUE(wheel.empty());
  wheel.Advance(kStart + milliseconds(1000));
  EXPECT_EQ(disarmed.fired, 0);
}

TEST(TimerWheelTest, DeadlineBeyondTheWheelIsMet) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.Arm(probe, kStart + std::chrono::hours(1));
  for (int seconds = 10; seconds < 3600; seconds += 10) {
    wheel.Advance(kStart + std::chrono::seconds(seconds));
    ASSERT_EQ(probe.fired, 0) << seconds;
  }
  wheel.Advance(kStart + std::chrono::hours(1) + TimerWheel::kTick);
  EXPECT_EQ(probe.fired, 1);
}

TEST(TimerWheelTest, NodeMayArmItselfAndDestroyAnotherWhenItFires) {
  struct Busy final : TimerWheel::Node {
    void OnDeadline() override {
      victim.reset();
      if (++fired < 3) wheel->Arm(*this, kStart);  // Already past.
    }
    TimerWheel* wheel = nullptr;
    std::unique_ptr<Probe> victim = std::make_unique<Probe>();
    int fired = 0;
  };
  TimerWheel wheel(kStart);
  Busy busy;
  busy.wheel = &wheel;
  wheel.Arm(busy, kStart + milliseconds(100));
  wheel.Arm(*busy.victim, kStart + milliseconds(100));
  for (int i = 1; i <= 20; ++i) wheel.Advance(kStart + i * TimerWheel::kTick);
  EXPECT_EQ(busy.fired, 3);
  EXPECT_TRUE(wheel.empty());
}

// A loop whose only connection falls idle: its node fires late, the wheel, now empty, catches up
// with the clock, and the node is armed for further ahead than the wheel reaches.
TEST(TimerWheelTest, LastNodeMayAdvanceTheWheelAndArmItselfForTheFarFutureWhenItFires) {
  struct Idle final : TimerWheel::Node {
    void OnDeadline() override {
      if (++fired > 1) return;
      wheel->Advance(now + TimerWheel::kTick);
      wheel->Arm(*this, now + std::chrono::hours(1));
    }
    TimerWheel* wheel = nullptr;
    Instant now;
    int fired = 0;
  };
  TimerWheel wheel(kStart);
  Idle idle;
  idle.wheel = &wheel;
  idle.now = kStart + milliseconds(150);  // When it fires in the last tick that is due.
  wheel.Arm(idle, kStart + milliseconds(100));
  wheel.Advance(idle.now);
  EXPECT_EQ(idle.fired, 1);
  EXPECT_FALSE(wheel.empty());
  wheel.Advance(idle.now + std::chrono::hours(1) + TimerWheel::kTick);
  EXPECT_EQ(idle.fired, 2);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheelTest, DeadlineInTheTickOfTheStartIsMetWithinATick) {
  TimerWheel wheel(kStart);
  Probe probe;
  wheel.Arm(probe, kStart + milliseconds(3));
  wheel.Advance(kStart + milliseconds(2));
  EXPECT_EQ(probe.fired, 0);
  wheel.Advance(kStart + milliseconds(3) + TimerWheel::kTick);
  EXPECT_EQ(probe.fired, 1);
}

TEST(TimerWheelTest, ManyRandomDeadlinesAreAllMetInTheirTick) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  TimerWheel wheel(kStart);
  std::vector<Probe> probes(500);
  std::vector<Instant> deadlines(probes.size());
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      deadlines[i] = kStart + milliseconds(1 + random() % 120'000);
      wheel.Arm(probes[i], deadlines[i]);
    }
  }
  for (Instant now = kStart; now < kStart + std::chrono::seconds(125); now += milliseconds(37)) {
    wheel.Advance(now);
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (now < deadlines[i]) {
        ASSERT_EQ(probes[i].fired, 0);
      }
      if (now >= deadlines[i] + TimerWheel::kTick) {
        ASSERT_EQ(probes[i].fired, 1);
      }
    }
  }
}

}  // namespace
}  // namespace stile
