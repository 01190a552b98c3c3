#include "service/mode_overrides.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stile {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr ModeOverrides::Instant kStart{};

ModeOverride To(GateMode mode) { return {mode, "uid 0", kNow, std::nullopt}; }

Config TwoSites() {
  Config config;
  config.sites.resize(2);
  config.sites[0].options.name = "main";
  config.sites[1].options.name = "shop";
  config.sites[1].options.mode = GateMode::kShadow;
  return config;
}

// The modes of "main" and "shop".
std::vector<GateMode> Modes(const ModeOverrides& overrides) {
  const Config applied = overrides.Applied(TwoSites());
  return {applied.sites[0].options.mode, applied.sites[1].options.mode};
}

TEST(ModeOverridesTest, NothingSetLeavesWhatIsConfigured) {
  EXPECT_THAT(Modes({}), ElementsAre(GateMode::kEnforce, GateMode::kShadow));
}

TEST(ModeOverridesTest, OneSiteGoesBeforeAll) {
  ModeOverrides overrides;
  overrides.Set("", To(GateMode::kAttack), std::nullopt);
  overrides.Set("shop", To(GateMode::kOpen), std::nullopt);
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kAttack, GateMode::kOpen));
}

TEST(ModeOverridesTest, SettingAllForgetsEachOne) {
  ModeOverrides overrides;
  overrides.Set("shop", To(GateMode::kOpen), kStart + minutes{1});
  overrides.Set("", To(GateMode::kAttack), std::nullopt);
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kAttack, GateMode::kAttack));
  EXPECT_EQ(overrides.next_end(), std::nullopt);
}

TEST(ModeOverridesTest, ClearedSiteIsAsConfiguredWhateverHoldsForAll) {
  ModeOverrides overrides;
  overrides.Set("", To(GateMode::kAttack), std::nullopt);
  overrides.Clear("shop");
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kAttack, GateMode::kShadow));
  overrides.Clear("");
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kEnforce, GateMode::kShadow));
}

TEST(ModeOverridesTest, EndsAtItsTimeAndNotBefore) {
  ModeOverrides overrides;
  overrides.Set("", To(GateMode::kAttack), kStart + minutes{10});
  overrides.Set("shop", To(GateMode::kOpen), kStart + minutes{5});
  EXPECT_EQ(overrides.next_end(), kStart + minutes{5});
  EXPECT_THAT(overrides.Expire(kStart + minutes{5} - std::chrono::nanoseconds{1}), IsEmpty());
  EXPECT_THAT(overrides.Expire(kStart + minutes{5}), ElementsAre("shop"));
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kAttack, GateMode::kAttack));
  EXPECT_THAT(overrides.Expire(kStart + minutes{10}), ElementsAre(""));
  EXPECT_THAT(Modes(overrides), ElementsAre(GateMode::kEnforce, GateMode::kShadow));
}

TEST(ModeOverridesTest, ModesTellWhatIsConfiguredAndWhatHolds) {
  ModeOverrides overrides;
  overrides.Set("shop", To(GateMode::kOpen), std::nullopt);
  const std::vector<SiteMode> modes = overrides.Modes(TwoSites());
  EXPECT_EQ(modes[0].effective(), GateMode::kEnforce);
  EXPECT_FALSE(modes[0].override);
  EXPECT_EQ(modes[1].configured, GateMode::kShadow);
  EXPECT_EQ(modes[1].effective(), GateMode::kOpen);
  EXPECT_EQ(modes[1].override->by, "uid 0");
}

}  // namespace
}  // namespace stile
