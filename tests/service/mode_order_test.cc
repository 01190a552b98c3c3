#include "service/mode_order.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

namespace stile {
namespace {

TEST(ModeOrderTest, FormNamesModeSiteRuleAndTime) {
  const auto order = ModeOrder::Parse("rule=docs&mode=shadow&for=10m&site=main");
  ASSERT_TRUE(order) << order.error();
  EXPECT_EQ(order->mode, GateMode::kShadow);
  EXPECT_EQ(order->site, "main");
  EXPECT_EQ(order->rule, "docs");
  EXPECT_EQ(order->period, std::chrono::minutes{10});
}

TEST(ModeOrderTest, ConfiguredIsNoMode) {
  const auto order = ModeOrder::Parse("mode=configured");
  ASSERT_TRUE(order) << order.error();
  EXPECT_EQ(order->mode, std::nullopt);
}

TEST(ModeOrderTest, FormsThatSayTooLittleOrTooMuchAreRefused) {
  for (const std::string form :
       {"", "mode", "mode=", "mode=close", "site=main", "mode=open&mode=open",
        "mode=open&rule=", "mode=open&for=31d", "mode=configured&for=1m", "mode=open&more=1",
        "mode=open&", "mode=open&&site=a"}) {
    EXPECT_EQ(ModeOrder::Parse(form).has_value(), form == "mode=open&") << form;
  }
  EXPECT_FALSE(ModeOrder::Parse("mode=open&rule=" + std::string(65, 'a')));
}

TEST(ModeOrderTest, EveryWordReadsBack) {
  for (const std::optional<GateMode> mode :
       {std::optional(GateMode::kEnforce), std::optional(GateMode::kShadow),
        std::optional(GateMode::kOpen), std::optional(GateMode::kAttack),
        std::optional<GateMode>()}) {
    std::optional<GateMode> read = GateMode::kEnforce;
    ASSERT_TRUE(ReadModeWord(ModeWord(mode), read));
    EXPECT_EQ(read, mode);
  }
}

}  // namespace
}  // namespace stile
