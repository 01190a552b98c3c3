#include "service/status_page.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/html_text.h"
#include "service/keys.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);

std::unique_ptr<const Engine> MakeEngine() {
  const LoadedConfig loaded = LoadTexts(
      {"stile.toml", std::string(kGoodConfig), {{"policy.toml", std::string(kGoodPolicy)}}, {}});
  EXPECT_TRUE(loaded.good());
  return *BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                      *RedeemTables::Create({}));
}

class StatusPageTest : public testing::Test {
 protected:
  StatusPageTest() : engines_(MakeEngine()), metrics_(engines_, "1.2.3", kNow) {}

  std::string Page(std::optional<int> refresh = std::nullopt) {
    return StatusPage(metrics_, engines_, kNow + std::chrono::minutes(90), refresh);
  }

  EngineSlot engines_;
  Metrics metrics_;
};

TEST_F(StatusPageTest, SaysThatAllIsWellWhereItIs) {
  EXPECT_THAT(Page(), HasSubstr("<h1 class=good>Stile is well</h1>"));
  EXPECT_THAT(Page(), Not(HasSubstr("<section")));
}

TEST_F(StatusPageTest, TellsOfADegradationWhatIsDoneAndWhatToDo) {
  for (std::size_t i = 0; i < kDegradationCount; ++i) {
    metrics_.SetDegraded(static_cast<Degradation>(i), true);
  }
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("<h1 class=bad>Stile serves, and has " +
                              std::to_string(kDegradationCount) + " problems</h1>"));
  for (std::size_t i = 0; i < kDegradationCount; ++i) {
    const DegradationText& text = TextOf(static_cast<Degradation>(i));
    for (const std::string_view sentence : {text.name, text.message, text.doing, text.advice}) {
      EXPECT_THAT(page, HasSubstr(HtmlText(sentence)));
    }
  }
  EXPECT_THAT(page, HasSubstr("<dt>since</dt><dd><time datetime="));
  EXPECT_THAT(page, HasSubstr("<dt>requests touched</dt><dd>0</dd>"));
}

TEST_F(StatusPageTest, TellsTheModeThatHoldsAndWhoOrderedIt) {
  ModeOverride order;
  order.mode = GateMode::kOpen;
  order.by = "uid <0>";
  order.since = kNow;
  order.until = kNow + std::chrono::hours(3);
  ModeOverride rule = order;
  rule.rule = "shut";
  const std::string site = engines_.Enter(*engines_.NewWorker()).site_options(0).name;
  metrics_.SetModes({{site, GateMode::kEnforce, order}}, {},
                    {{order, ""}, {rule, "no rule is called so"}});
  const std::string page = Page();
  EXPECT_THAT(page, HasSubstr("<th scope=row>" + site + "</th><td>open</td>"));
  EXPECT_THAT(page, HasSubstr("<td>uid &lt;0&gt;</td>"));
  EXPECT_THAT(page, HasSubstr("2026-09-21T17:13:20Z</time> (in 1 h 30 min)"));
  EXPECT_THAT(page, HasSubstr("<td>shut</td>"));
  EXPECT_THAT(page, HasSubstr("<td>no rule is called so</td>"));
}

TEST_F(StatusPageTest, TellsWhatIsOnTrial) {
  AdmissionState admission;
  admission.trial = "abc";
  admission.trial_share = 0.05;
  metrics_.SetAdmission(admission);
  EXPECT_THAT(Page(), HasSubstr("<dt>on trial</dt><dd><code>abc</code>, for 5 % of the clients"));
}

TEST_F(StatusPageTest, LastRefusalStaysThereAfterARecovery) {
  metrics_.SetReload(false, kNow, {"policy.toml:4:10: what it was"});
  metrics_.SetReload(true, kNow + std::chrono::minutes(1));
  EXPECT_THAT(Page(), HasSubstr("<dt>last refusal</dt><dd><time datetime=\"2026-09-21T"));
  EXPECT_THAT(Page(), HasSubstr("policy.toml:4:10: what it was"));
}

TEST_F(StatusPageTest, RefusedReloadIsAProblemBesideOthers) {
  metrics_.SetDegraded(Degradation::kSpendStore, true);
  metrics_.SetReload(false, kNow + std::chrono::minutes(1), {"policy.toml:4:10: what it was"});
  EXPECT_THAT(Page(), HasSubstr("and has 2 problems</h1>"));
  EXPECT_THAT(Page(), HasSubstr("<h3>reload: the last reload was refused</h3>"));
}

TEST_F(StatusPageTest, WhatAStartLeftOutIsToldOnce) {
  metrics_.SetReload(false, kNow, {"none.mmdb: it can't be opened"});
  metrics_.SetDegraded(Degradation::kGeo, true);
  EXPECT_THAT(Page(), HasSubstr("and has 1 problem</h1>"));
}

TEST_F(StatusPageTest, WhatFilesSayIsNoMarkup) {
  metrics_.SetReload(false, kNow, {"<script>\"x\" & 'y'"});
  EXPECT_THAT(Page(), HasSubstr("&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;"));
  EXPECT_THAT(Page(), Not(HasSubstr("<script")));
}

TEST_F(StatusPageTest, LoadsItselfAgainOnlyIfItIsAskedTo) {
  EXPECT_THAT(Page(), Not(HasSubstr("http-equiv")));
  EXPECT_THAT(Page(30), HasSubstr("<meta http-equiv=refresh content=30>"));
}

TEST_F(StatusPageTest, MayLoadAndRunNothing) {
  EXPECT_THAT(std::string(StatusPageFields()),
              HasSubstr("Content-Security-Policy: default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(Page(), Not(HasSubstr("src=")));
}

TEST(RefreshOf, IsBounded) {
  EXPECT_EQ(RefreshOf("refresh=10"), 10);
  EXPECT_EQ(RefreshOf("refresh=3600"), 3600);
  for (const std::string_view bad :
       {"", "refresh", "refresh=", "refresh=1", "refresh=3601", "refresh=-5", "refresh=10s",
        "refresh=99999999999999999999", "x=1"}) {
    EXPECT_EQ(RefreshOf(bad), std::nullopt) << bad;
  }
}

TEST(SpanText, HasTwoUnits) {
  EXPECT_EQ(SpanText(milliseconds(59'999)), "59 s");
  EXPECT_EQ(SpanText(milliseconds(61'000)), "1 min 1 s");
  EXPECT_EQ(SpanText(milliseconds(3'660'000)), "1 h 1 min");
  EXPECT_EQ(SpanText(milliseconds(90'000'000)), "1 d 1 h");
}

}  // namespace
}  // namespace stile
