#include "service/switchboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "engine/config/engine_build.h"
#include "service/engine_loader.h"
#include "service/keys.h"
#include "service/wall_clock.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'790'000'000);
constexpr std::string_view kRules =
    "[[rule]]\nname = \"shut\"\npath = [\"/shut\"]\naction = \"deny\"\n"
    "[[rule]]\nname = \"feeds\"\npath = [\"/feed\"]\naction = \"allow\"\n"
    "[[rule]]\nname = \"asleep\"\npath = [\"/a\"]\naction = \"deny\"\nmode = \"off\"\n";

std::unique_ptr<const Engine> MakeEngine(std::string_view policy = kRules) {
  const LoadedConfig loaded = LoadTexts(
      {"stile.toml", std::string(kGoodConfig), {{"policy.toml", std::string(policy)}}, {}});
  EXPECT_TRUE(loaded.good()) << ToString(loaded.config_errors) << ToString(loaded.policy_errors);
  auto engine = BuildEngine(loaded.config, *TemporaryKeys(kNow)->Ring(kNow), false,
                            *RedeemTables::Create({}));
  EXPECT_TRUE(engine);
  return *std::move(engine);
}

ModeOrder To(std::optional<GateMode> mode, std::string rule = "",
             std::optional<seconds> period = std::nullopt) {
  ModeOrder order;
  order.mode = mode;
  order.rule = std::move(rule);
  order.period = period;
  order.by = "uid 0";
  return order;
}

class SwitchboardTest : public testing::Test {
 protected:
  SwitchboardTest() { Restart(); }

  // Another process, as far as a file or a switch can tell.
  void Restart() {
    board_.reset();
    worker_.reset();
    metrics_.reset();
    engines_ = std::make_unique<EngineSlot>(MakeEngine());
    worker_ = engines_->NewWorker();
    metrics_ = std::make_unique<Metrics>(*engines_, "1.2.3", kNow);
    Switchboard::Options options;
    options.state_directory = folder_.Path("state");
    options.mode_file = folder_.Path("mode");
    board_ = std::make_unique<Switchboard>(options, *engines_, *metrics_, &signals_);
    board_->Restore();
    board_->Start();
  }

  Action Decide(std::string_view target = "/x") {
    Request request;
    request.method = "GET";
    request.target = target;
    request.host = "example.org";
    return engines_->Enter(*worker_).Decide(request, kNow, *worker_).action;
  }

  static testing::AssertionResult Becomes(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + seconds{30};
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return testing::AssertionFailure() << "never";
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return testing::AssertionSuccess();
  }
  testing::AssertionResult Becomes(Action action, std::string_view target = "/x") {
    return Becomes([&] { return Decide(target) == action; });
  }

  ScratchFolder folder_;
  SignalWatch signals_{SIGUSR1, SIGUSR2};
  std::unique_ptr<EngineSlot> engines_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Switchboard> board_;
};

// --- Orders ---

TEST_F(SwitchboardTest, ModeHoldsOnceItIsAnsweredAndNeedsNoOtherEngine) {
  ASSERT_EQ(Decide(), Action::kChallenge);
  EXPECT_EQ(board_->Order(To(GateMode::kOpen)).status, 200);
  EXPECT_EQ(Decide(), Action::kAllow);
  EXPECT_EQ(engines_->generation(), 1);
  EXPECT_EQ(board_->Order(To(std::nullopt)).status, 200);
  EXPECT_EQ(Decide(), Action::kChallenge);
}

TEST_F(SwitchboardTest, KilledRuleIsPassedOverAndCounted) {
  ASSERT_EQ(Decide("/shut"), Action::kDeny);
  EXPECT_EQ(board_->Order(To(GateMode::kOpen, "shut")).status, 200);
  EXPECT_EQ(Decide("/shut"), Action::kChallenge);
  const std::string text = metrics_->Render();
  EXPECT_THAT(text, HasSubstr("stile_rule_kills_total{site=\"main\",rule=\"shut\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_rule_matches_total{site=\"main\",rule=\"shut\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("stile_rule_mode{site=\"main\",rule=\"shut\",mode=\"open\","
                              "source=\"operator\"} 1\n"));
}

TEST_F(SwitchboardTest, OrderThatWouldChangeNothingIsRefused) {
  ModeOrder elsewhere = To(GateMode::kOpen);
  elsewhere.site = "nowhere";
  EXPECT_EQ(board_->Order(elsewhere).status, 400);
  EXPECT_THAT(board_->Order(To(GateMode::kOpen, "none")).body, HasSubstr("no rule is called"));
  EXPECT_THAT(board_->Order(To(GateMode::kEnforce, "asleep")).body, HasSubstr("is off"));
  EXPECT_THAT(board_->Order(To(GateMode::kAttack, "shut")).body, HasSubstr("doesn't challenge"));
  EXPECT_TRUE(metrics_->Tell().orders.empty());
}

TEST_F(SwitchboardTest, WhoKillsARuleThatLetsPassIsTold) {
  EXPECT_THAT(board_->Order(To(GateMode::kOpen, "feeds")).body, HasSubstr("lets requests pass"));
  EXPECT_THAT(board_->Order(To(GateMode::kOpen, "shut")).body, HasSubstr("\"note\":null"));
}

TEST_F(SwitchboardTest, RuleOrderFindsItsRuleByNameInEveryEngine) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen, "shut")).status, 200);
  board_->Publish(MakeEngine("[[rule]]\nname = \"first\"\npath = [\"/f\"]\naction = \"deny\"\n" +
                             std::string(kRules)));
  EXPECT_EQ(Decide("/shut"), Action::kChallenge);
  EXPECT_EQ(Decide("/f"), Action::kDeny);
}

TEST_F(SwitchboardTest, OrderForARuleThatIsGoneWaitsForItsReturn) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen, "shut")).status, 200);
  board_->Publish(MakeEngine(kGoodPolicy));
  ASSERT_EQ(metrics_->Tell().orders.size(), 1);
  EXPECT_EQ(metrics_->Tell().orders[0].waits, "no rule is called so");
  EXPECT_EQ(Decide("/shut"), Action::kChallenge);
  board_->Publish(MakeEngine());
  EXPECT_EQ(metrics_->Tell().orders[0].waits, "");
  EXPECT_EQ(Decide("/shut"), Action::kChallenge);
  board_->Publish(MakeEngine(kGoodPolicy));
  EXPECT_EQ(board_->Order(To(std::nullopt, "shut")).status, 200);
  EXPECT_TRUE(metrics_->Tell().orders.empty());
}

TEST_F(SwitchboardTest, EngineThatWasPublishedPastItIsSwitchedSoon) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen)).status, 200);
  engines_->Publish(MakeEngine());
  EXPECT_TRUE(Becomes(Action::kAllow));
}

TEST_F(SwitchboardTest, LimitedOrderEndsByItself) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen, "", seconds{1})).status, 200);
  EXPECT_TRUE(Becomes(Action::kChallenge));
  EXPECT_TRUE(metrics_->Tell().orders.empty());
}

TEST_F(SwitchboardTest, DrainingProcessTakesNoOrder) {
  metrics_->SetPhase(Phase::kDraining);
  EXPECT_EQ(board_->Order(To(GateMode::kOpen)).status, 409);
}

// --- Signals ---

TEST_F(SwitchboardTest, SignalOpensForAQuarterOfAnHourAndAnotherEndsIt) {
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  EXPECT_TRUE(Becomes(Action::kAllow));
  ASSERT_TRUE(Becomes([&] { return !metrics_->Tell().orders.empty(); }));
  const ModeOverride order = metrics_->Tell().orders[0].order;
  EXPECT_EQ(order.source, ModeSource::kSignal);
  EXPECT_EQ(*order.until - order.since, minutes{15});
  EXPECT_THAT(order.by, HasSubstr("pid " + std::to_string(::getpid())));
  ASSERT_EQ(::kill(::getpid(), SIGUSR2), 0);
  EXPECT_TRUE(Becomes(Action::kChallenge));
}

TEST_F(SwitchboardTest, SignalShortensNoLongerOpening) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen, "", hours{2})).status, 200);
  const auto is_taken = [] {
    sigset_t waiting;
    ::sigpending(&waiting);
    return ::sigismember(&waiting, SIGUSR1) == 0;
  };
  // Once the second is taken the first has been obeyed.
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
    ASSERT_TRUE(Becomes(is_taken));
  }
  const std::vector<ToldOverride> orders = metrics_->Tell().orders;
  ASSERT_EQ(orders.size(), 1);
  EXPECT_EQ(orders[0].order.source, ModeSource::kOperator);
}

// --- The mode file ---

TEST_F(SwitchboardTest, FileIsObeyedAndTakenBackWithIt) {
  folder_.Write("mode", "open\n");
  EXPECT_TRUE(Becomes(Action::kAllow));
  ASSERT_TRUE(Becomes([&] { return !metrics_->Tell().orders.empty(); }));
  EXPECT_EQ(metrics_->Tell().orders[0].order.source, ModeSource::kFile);
  EXPECT_EQ(::unlink(folder_.Path("mode").c_str()), 0);
  EXPECT_TRUE(Becomes(Action::kChallenge));
}

TEST_F(SwitchboardTest, FileThatIsEmptiedTakesBackWhatItSaid) {
  folder_.Write("mode", "open\n");
  EXPECT_TRUE(Becomes(Action::kAllow));
  folder_.Write("mode", "");
  EXPECT_TRUE(Becomes(Action::kChallenge));
}

TEST_F(SwitchboardTest, FileSwitchesRules) {
  folder_.Write("mode", "open rule=shut\nshadow site=main rule=none\n");
  EXPECT_TRUE(Becomes(Action::kChallenge, "/shut"));
  ASSERT_TRUE(Becomes([&] { return metrics_->Tell().orders.size() == 2; }));
  EXPECT_EQ(metrics_->Tell().orders[1].waits, "no rule is called so");
}

TEST_F(SwitchboardTest, FileThatCantBeUnderstoodChangesNothingAndIsReported) {
  folder_.Write("mode", "open\n");
  EXPECT_TRUE(Becomes(Action::kAllow));
  folder_.Write("mode", "opne\n");
  EXPECT_TRUE(Becomes([&] { return metrics_->IsDegraded(Degradation::kModeFile); }));
  EXPECT_EQ(Decide(), Action::kAllow);
  folder_.Write("mode", "enforce\n");
  EXPECT_TRUE(Becomes(Action::kChallenge));
  EXPECT_TRUE(Becomes([&] { return !metrics_->IsDegraded(Degradation::kModeFile); }));
}

TEST_F(SwitchboardTest, FileThatIsAFolderChangesNothingAndIsReported) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen)).status, 200);
  ASSERT_EQ(::mkdir(folder_.Path("mode").c_str(), 0700), 0);
  EXPECT_TRUE(Becomes([&] { return metrics_->IsDegraded(Degradation::kModeFile); }));
  EXPECT_EQ(Decide(), Action::kAllow);
}

TEST_F(SwitchboardTest, OrderThatHasEndedInTheFileIsNotTaken) {
  folder_.Write("mode", "open until=2020-01-01T00:00:00Z\nopen rule=shut\n");
  EXPECT_TRUE(Becomes(Action::kChallenge, "/shut"));
  EXPECT_EQ(Decide(), Action::kChallenge);
}

TEST_F(SwitchboardTest, LaterOrderGoesBeforeTheFileUntilThatIsWrittenAgain) {
  folder_.Write("mode", "open\n");
  EXPECT_TRUE(Becomes(Action::kAllow));
  ASSERT_EQ(board_->Order(To(std::nullopt)).status, 200);
  EXPECT_EQ(Decide(), Action::kChallenge);
  Restart();
  EXPECT_EQ(Decide(), Action::kChallenge);
  folder_.Write("mode", "open\n");
  EXPECT_TRUE(Becomes(Action::kAllow));
}

// --- Over a restart ---

TEST_F(SwitchboardTest, OrdersAreKeptOverARestart) {
  EXPECT_THAT(board_->Order(To(GateMode::kOpen, "shut")).body, HasSubstr("\"kept\":true"));
  ASSERT_EQ(board_->Order(To(GateMode::kAttack, "", hours{1})).status, 200);
  const auto before = metrics_->Tell().orders;
  Restart();
  EXPECT_EQ(Decide("/shut"), Action::kChallenge);
  const auto after = metrics_->Tell().orders;
  ASSERT_EQ(after.size(), 2);
  EXPECT_EQ(after[0].order, before[0].order);
  // By two clocks, of which the earlier counts: some milliseconds may be lost, and none won.
  ASSERT_TRUE(after[1].order.until && before[1].order.until);
  EXPECT_LE(*after[1].order.until, *before[1].order.until);
  EXPECT_GE(*after[1].order.until, *before[1].order.until - minutes{1});
  EXPECT_EQ(engines_->generation(), 1);
}

TEST_F(SwitchboardTest, FileHoldsFromTheFirstRequestOn) {
  folder_.Write("mode", "open\n");
  Restart();
  EXPECT_EQ(Decide(), Action::kAllow);
}

TEST_F(SwitchboardTest, DamagedRecordIsSetAsideAndReportedUntilAnotherIsKept) {
  ASSERT_EQ(board_->Order(To(GateMode::kOpen)).status, 200);
  board_.reset();
  const std::string record = folder_.Read("state/mode-orders");
  folder_.Write("state/mode-orders", record.substr(0, record.size() - 1));
  Restart();
  EXPECT_EQ(Decide(), Action::kChallenge);
  EXPECT_TRUE(metrics_->IsDegraded(Degradation::kModeRecord));
  EXPECT_NE(folder_.Read("state/mode-orders.damaged"), "");
  ASSERT_EQ(board_->Order(To(GateMode::kOpen)).status, 200);
  EXPECT_TRUE(Becomes([&] { return !metrics_->IsDegraded(Degradation::kModeRecord); }));
}

TEST_F(SwitchboardTest, OrderThatCantBeKeptHoldsAllTheSame) {
  board_.reset();
  folder_.Write("file", "");
  Switchboard::Options options;
  options.state_directory = folder_.Path("file/state");
  board_ = std::make_unique<Switchboard>(options, *engines_, *metrics_, &signals_);
  board_->Restore();
  board_->Start();
  const std::string answer = board_->Order(To(GateMode::kOpen)).body;
  EXPECT_THAT(answer, HasSubstr("\"kept\":false"));
  EXPECT_THAT(answer, Not(HasSubstr("\"warning\":null")));
  EXPECT_EQ(Decide(), Action::kAllow);
  EXPECT_TRUE(metrics_->IsDegraded(Degradation::kModeRecord));
}

// Whoever is served by a candidate on trial is let go by the same order.
TEST_F(SwitchboardTest, OrdersReachWhatIsOnTrial) {
  (void)board_->Order(To(GateMode::kAttack));
  board_->Try(MakeEngine(), {0.5, 1});
  const auto mode = [this] {
    std::optional<GateMode> found;
    engines_->InspectTrial([&found](const Engine& trial) { found = trial.switches(0).mode(); });
    return found;
  };
  EXPECT_EQ(mode(), GateMode::kAttack);
  (void)board_->Order(To(GateMode::kOpen));
  EXPECT_EQ(mode(), GateMode::kOpen);
}

TEST_F(SwitchboardTest, OrdersSwitchRulesThatOnlyTheTrialHas) {
  board_->Try(MakeEngine("[[rule]]\nname = \"new\"\npath = [\"/n\"]\naction = \"deny\"\n"),
              {0.5, 1});
  EXPECT_EQ(board_->Order(To(GateMode::kOpen, "new")).status, 200);
  engines_->InspectTrial([](const Engine& trial) { EXPECT_TRUE(trial.switches(0).rules().any()); });
  EXPECT_EQ(board_->Order(To(GateMode::kOpen, "newer")).status, 400);
}

TEST_F(SwitchboardTest, WhatWasOnTrialServesWithItsSwitchesTurned) {
  board_->Try(MakeEngine(), {0.5, 1});
  (void)board_->Order(To(GateMode::kOpen));
  EXPECT_EQ(board_->PublishTrial(), 2u);
  EXPECT_EQ(Decide("/shut"), Action::kAllow);
}

}  // namespace
}  // namespace stile
