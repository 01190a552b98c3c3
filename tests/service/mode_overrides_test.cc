#include "service/mode_overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace stile {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr BootClock::time_point kStart{};
constexpr auto kConfigured = std::nullopt;

ModeOverride Order(std::optional<GateMode> mode, std::string site = "", std::string rule = "") {
  ModeOverride order;
  order.mode = mode;
  order.site = std::move(site);
  order.rule = std::move(rule);
  order.by = "uid 0";
  order.since = kNow;
  return order;
}

ModeOverride For(minutes time, ModeOverride order) {
  order.until = kNow + time;
  order.ends = kStart + time;
  return order;
}

ModeOverride By(ModeSource source, ModeOverride order) {
  order.source = source;
  return order;
}

// Orders, given one after the other.
ModeOverrides Given(const std::vector<ModeOverride>& orders) {
  ModeOverrides overrides;
  for (const ModeOverride& order : orders) EXPECT_TRUE(overrides.Add(order));
  return overrides;
}

// What holds for "main" and "shop"; nullopt: what is configured.
std::vector<std::optional<GateMode>> Modes(const ModeOverrides& overrides,
                                           const std::string& rule = "") {
  std::vector<std::optional<GateMode>> modes;
  for (const char* site : {"main", "shop"}) {
    const ModeOverride* order = overrides.Of(site, rule);
    modes.push_back(order == nullptr ? std::nullopt : order->mode);
  }
  return modes;
}

TEST(ModeOverridesTest, NothingSetLeavesWhatIsConfigured) {
  EXPECT_THAT(Modes({}), ElementsAre(kConfigured, kConfigured));
}

TEST(ModeOverridesTest, LatestThatCoversASiteDecides) {
  EXPECT_THAT(Modes(Given({Order(GateMode::kAttack), Order(GateMode::kOpen, "shop")})),
              ElementsAre(GateMode::kAttack, GateMode::kOpen));
  EXPECT_THAT(Modes(Given({Order(GateMode::kOpen, "shop"), Order(GateMode::kAttack)})),
              ElementsAre(GateMode::kAttack, GateMode::kAttack));
}

TEST(ModeOverridesTest, OrderForAllForgetsEachOne) {
  const ModeOverrides overrides =
      Given({For(minutes{1}, Order(GateMode::kOpen, "shop")), Order(GateMode::kAttack)});
  EXPECT_EQ(overrides.all().size(), 1);
  EXPECT_EQ(overrides.next_end(), std::nullopt);
}

TEST(ModeOverridesTest, ClearedSiteIsAsConfiguredWhateverHoldsForAll) {
  ModeOverrides overrides = Given({Order(GateMode::kAttack), Order(kConfigured, "shop")});
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kAttack, kConfigured));
  ASSERT_TRUE(overrides.Add(Order(kConfigured)));
  EXPECT_THAT(overrides.all(), IsEmpty());
}

TEST(ModeOverridesTest, ConfiguredWithNothingToLiftIsNoOrder) {
  EXPECT_THAT(Given({Order(kConfigured), Order(kConfigured, "shop")}).all(), IsEmpty());
}

TEST(ModeOverridesTest, LimitedOrderEndsAndLetsTheOneWithoutComeBack) {
  ModeOverrides overrides =
      Given({Order(GateMode::kShadow), For(minutes{15}, Order(GateMode::kOpen))});
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kOpen, GateMode::kOpen));
  EXPECT_EQ(overrides.next_end(), kStart + minutes{15});
  EXPECT_THAT(overrides.Expire(kStart + minutes{14}), IsEmpty());
  const std::vector<ModeOverride> ended = overrides.Expire(kStart + minutes{15});
  ASSERT_EQ(ended.size(), 1);
  EXPECT_EQ(ended[0].mode, GateMode::kOpen);
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kShadow, GateMode::kShadow));
}

TEST(ModeOverridesTest, SecondLimitedOrderShortensTheFirst) {
  ModeOverrides overrides =
      Given({For(minutes{60}, Order(GateMode::kOpen)), For(minutes{1}, Order(GateMode::kOpen))});
  (void)overrides.Expire(kStart + minutes{1});
  EXPECT_THAT(Modes(overrides), ElementsAre(kConfigured, kConfigured));
}

TEST(ModeOverridesTest, RulesAndSitesAreApart) {
  ModeOverrides overrides =
      Given({Order(GateMode::kOpen, "", "docs"), Order(GateMode::kShadow, "shop", "docs")});
  EXPECT_THAT(Modes(overrides), ElementsAre(kConfigured, kConfigured));
  EXPECT_THAT(Modes(overrides, "docs"), ElementsAre(GateMode::kOpen, GateMode::kShadow));
  EXPECT_THAT(Modes(overrides, "other"), ElementsAre(kConfigured, kConfigured));
  // What was killed isn't woken by somebody who ends something else.
  ASSERT_TRUE(overrides.Add(Order(GateMode::kOpen)));
  ASSERT_TRUE(overrides.Add(Order(kConfigured)));
  EXPECT_THAT(Modes(overrides, "docs"), ElementsAre(GateMode::kOpen, GateMode::kShadow));
}

TEST(ModeOverridesTest, FileThatIsTakenAwayLeavesWhatOthersOrdered) {
  ModeOverrides overrides =
      Given({Order(GateMode::kShadow), By(ModeSource::kFile, Order(GateMode::kOpen)),
             By(ModeSource::kFile, Order(GateMode::kAttack, "shop"))});
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kOpen, GateMode::kAttack));
  overrides.Withdraw(ModeSource::kFile);
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kShadow, GateMode::kShadow));
}

TEST(ModeOverridesTest, OperatorsConfiguredEndsWhatAFileSays) {
  EXPECT_THAT(Given({By(ModeSource::kFile, Order(GateMode::kOpen)), Order(kConfigured)}).all(),
              IsEmpty());
}

TEST(ModeOverridesTest, OrdersAreBoundedAndASignalFindsRoomAllTheSame) {
  ModeOverrides overrides;
  for (std::size_t i = 0; i < ModeOverrides::kMost; ++i) {
    ASSERT_TRUE(overrides.Add(Order(GateMode::kOpen, "", "rule" + std::to_string(i))));
  }
  EXPECT_FALSE(overrides.Add(Order(GateMode::kOpen)));
  EXPECT_TRUE(overrides.Add(Order(GateMode::kShadow, "", "rule7")));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        overrides.Add(By(ModeSource::kSignal,
                         For(minutes{15}, Order(i % 2 ? GateMode::kShadow : GateMode::kOpen)))));
  }
  EXPECT_EQ(overrides.all().size(), ModeOverrides::kMost + 1);
}

}  // namespace
}  // namespace stile
