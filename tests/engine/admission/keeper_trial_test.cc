// EngineKeeper with candidates that serve some clients first.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/admission/engine_keeper.h"
#include "tests/engine/admission/admission_fixture.h"
#include "tests/engine/admission/cleared_crowd.h"
#include "tests/engine/door.h"

namespace stile {
namespace {

using fixture::kNow;
using fixture::PathRule;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStart{1'000};

// A source is a title; "deny" closes the site's own path /shop, "at-once" asks for no trial,
// "fussy" can't be made in a mode, and "bad" not at all.
tl::expected<EngineKeeper::Made, Errors> Make(std::string_view source,
                                              std::optional<GateMode> mode) {
  if (source == "bad" || (source == "fussy" && mode)) {
    return tl::unexpected(Errors{Error{ErrorCode::kInvalidArgument, "a", "wrong"}});
  }
  EngineKeeper::Made made;
  made.at_once = source.starts_with("at-once");
  PolicySource policy = fixture::Source();
  if (source.find("deny") != std::string_view::npos) {
    policy.rules.insert(policy.rules.begin(), PathRule("shut", "/shop", Action::kDeny));
  }
  SiteOptions site = fixture::Site();
  site.title = std::string(source);
  site.policy = fixture::PolicyOf(std::move(policy));
  if (mode) site.mode = *mode;
  made.engine = fixture::MakeEngine(fixture::OneSite(std::move(site)));
  return made;
}

class KeeperTrialTest : public testing::Test {
 protected:
  KeeperTrialTest() : crowd_(400) {
    limits_.cohort = 0.25;
    auto keeper = EngineKeeper::Create("one", {}, Make, limits_, kStart);
    keeper_ = *std::move(keeper);
  }
  AdmissionVerdict Offer(std::string source, bool forced = false) {
    return keeper_->Offer(std::move(source), forced, kNow, kStart);
  }
  void Tick(milliseconds after) { static_cast<void>(keeper_->Tick(kStart + after)); }
  std::size_t Meet(std::string_view title) { return crowd_.CountMeeting(keeper_->slot(), title); }
  std::size_t Denied() {
    const std::vector<Action> actions = crowd_.Visit(keeper_->slot(), "/shop");
    return static_cast<std::size_t>(std::count(actions.begin(), actions.end(), Action::kDeny));
  }

  AdmissionLimits limits_;
  fixture::ClearedCrowd crowd_;
  std::unique_ptr<EngineKeeper> keeper_;
};

TEST_F(KeeperTrialTest, WhatIsAdmittedServesSomeFirst) {
  const AdmissionVerdict verdict = Offer("two");
  EXPECT_TRUE(verdict.admitted());
  EXPECT_TRUE(verdict.on_trial);
  EXPECT_NEAR(static_cast<double>(Meet("two")), 100, 40);
  EXPECT_EQ(keeper_->stats().generation, 1u);
  EXPECT_EQ(keeper_->stats().trial, verdict.candidate);
}

TEST_F(KeeperTrialTest, ServesEverybodyAfterItsTime) {
  Offer("two");
  EXPECT_EQ(Denied(), 0u);
  Tick(seconds{59});
  EXPECT_LT(Meet("two"), crowd_.size());
  Tick(seconds{60});
  EXPECT_EQ(Meet("two"), crowd_.size());
  EXPECT_EQ(keeper_->stats().generation, 2u);
  EXPECT_EQ(keeper_->stats().trial, "");
}

TEST_F(KeeperTrialTest, TheSoakBeginsWhenTheTrialIsOver) {
  Offer("two");
  Denied();
  Tick(seconds{60});
  EXPECT_EQ(keeper_->Tick(kStart + std::chrono::minutes{60}), std::nullopt);
  EXPECT_EQ(keeper_->Tick(kStart + std::chrono::minutes{61}), "two");
}

TEST_F(KeeperTrialTest, RollsBackWhatTurnsItsClientsAway) {
  const AdmissionVerdict verdict = Offer("deny");
  EXPECT_GT(Denied(), 50u);
  Tick(seconds{1});
  EXPECT_EQ(Denied(), 0u);
  EXPECT_EQ(keeper_->stats().rolled_back, 1u);
  EXPECT_EQ(keeper_->last_rollback().refusal, AdmissionRefusal::kRolledBack);
  EXPECT_EQ(keeper_->last_rollback().candidate, verdict.candidate);
  EXPECT_EQ(keeper_->last_rollback().serving, keeper_->stats().digest);
  EXPECT_FALSE(keeper_->last_rollback().errors.empty());
}

TEST_F(KeeperTrialTest, DoesNotTakeWhatWasRolledBackUnlessForced) {
  Offer("deny");
  Denied();
  Tick(seconds{1});
  EXPECT_EQ(Offer("deny").refusal, AdmissionRefusal::kRolledBack);
  EXPECT_EQ(Meet("one"), crowd_.size());
  EXPECT_TRUE(Offer("deny", true).on_trial);
}

TEST_F(KeeperTrialTest, DoingWithoutTakesForceAndTheSourcesWord) {
  EXPECT_TRUE(Offer("at-once").on_trial);
  EXPECT_TRUE(Offer("two", true).on_trial);
  EXPECT_FALSE(Offer("at-once", true).on_trial);
  EXPECT_EQ(Meet("at-once"), crowd_.size());
}

TEST_F(KeeperTrialTest, WhatServesAlreadyNeedsNone) {
  Offer("two");
  EXPECT_FALSE(Offer("one").on_trial);
  EXPECT_EQ(Meet("one"), crowd_.size());
  EXPECT_EQ(keeper_->stats().trial, "");
}

TEST_F(KeeperTrialTest, ANewerOneTakesTheTrialsPlace) {
  Offer("two");
  Offer("three");
  EXPECT_EQ(Meet("two"), 0u);
  EXPECT_GT(Meet("three"), 0u);
}

TEST_F(KeeperTrialTest, ModeReachesTheTrialToo) {
  Offer("deny");
  EXPECT_TRUE(keeper_->SetMode(GateMode::kOpen).empty());
  EXPECT_GT(Meet("deny"), 0u);
  EXPECT_EQ(Denied(), 0u);
}

TEST_F(KeeperTrialTest, ModeHoldsThoughTheTrialCanNotFollow) {
  Offer("fussy");
  EXPECT_TRUE(keeper_->SetMode(GateMode::kOpen).empty());
  EXPECT_EQ(Meet("one"), crowd_.size());
  Tick(seconds{1});
  EXPECT_EQ(keeper_->stats().trial, "");
}

TEST_F(KeeperTrialTest, ARefusedSourceChangesNothing) {
  Offer("two");
  const std::size_t before = Meet("two");
  EXPECT_FALSE(Offer("bad").admitted());
  EXPECT_EQ(Meet("two"), before);
}

}  // namespace
}  // namespace stile
